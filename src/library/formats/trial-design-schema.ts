import type { z } from 'zod';
import {
  defineList,
  defineObject,
  defineOptional,
  defineShortText,
  defineWord,
  type ReportRuleProblem,
  textSchema,
} from './field-schemas.ts';
import type { Immutable } from './immutable.ts';

/** Arms and elements of the trial design, as SDTM's TA and TE have them (SDTMIG 3.4, section 7.2). */

const elementSchema = defineObject({
  code: defineShortText(8).meta({ description: 'ETCD.' }),
  label: textSchema.meta({ description: 'The meaning of the code, such as "Follow-up".' }),
  name: textSchema.meta({ description: 'ELEMENT, with its details.' }),
  epoch: defineWord(['SCREENING', 'TREATMENT', 'FOLLOW-UP']),
  begins: defineWord(['screening', 'first-infusion', 'continuation', 'follow-up']).meta({
    description:
      'The event that starts the element: consent or enrolment, whichever is first; the first infusion; the first infusion after the planned days of the first course and their tolerance; the day after the last infusion of a course whose planned days have passed.',
  }),
  startRule: textSchema.meta({ description: 'TESTRL: the start in words.' }),
  endRule: defineOptional(textSchema).meta({ description: 'TEENRL: the end in words; left out: open.' }),
});

const armSchema = defineObject({
  code: defineShortText(20).meta({ description: 'ARMCD.' }),
  name: textSchema.meta({ description: 'ARM.' }),
  elements: defineList(
    defineObject({
      code: textSchema.meta({ description: 'The code of an element of this protocol.' }),
      transition: defineOptional(textSchema).meta({
        description: 'TATRANS: when a subject leaves the planned order here, and where to.',
      }),
    }),
  ).meta({ description: 'The elements in their planned order.' }),
});

/** The fields of a protocol that define its trial design. */
export const trialDesignFields = {
  arms: defineList(armSchema)
    .max(1, 'a list of one arm')
    .meta({ description: 'The one arm of the trial: subjects are not assigned to arms.' }),
  elements: defineList(elementSchema),
};

export type ArmDefinition = Immutable<z.output<typeof armSchema>>;
export type TrialElementDefinition = Immutable<z.output<typeof elementSchema>>;

/** Reports codes and starts that two elements share, and elements of an arm that are not defined. */
export function checkTrialDesign(
  { arms, elements }: { arms: readonly ArmDefinition[]; elements: readonly TrialElementDefinition[] },
  report: ReportRuleProblem,
): void {
  const codes = elements.map(({ code }) => code);
  if (new Set(codes).size < codes.length)
    report(['elements'], 'two elements have the same code', 'give each element its own code');
  if (new Set(elements.map(({ begins }) => begins)).size < elements.length)
    report(['elements'], 'two elements begin with the same event', 'give each element its own start');
  arms.forEach((arm, i) => {
    arm.elements.forEach(({ code }, j) => {
      if (!codes.includes(code))
        report(
          ['arms', i, 'elements', j, 'code'],
          `${code} is not an element of this protocol`,
          `use one of ${codes.join(', ')}`,
        );
    });
  });
}
