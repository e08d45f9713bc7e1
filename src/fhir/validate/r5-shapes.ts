/**
 * As in resource-shapes.ts, for the types that are read in R5 (5.0.0) too. `occurence` is the specification's own
 * spelling; `@R5` tells the shapes from those of R4. From the StructureDefinitions of FHIR R5, which HL7 gives to the
 * public domain (CC0).
 */
const OBSERVATION_VALUE_TYPES =
  'Quantity,CodeableConcept,string,boolean,integer,Range,Ratio,SampledData,time,dateTime,Period,Attachment,Reference';

export const R5_SHAPES: Readonly<Record<string, string>> = {
  'Observation@R5': `
    identifier*:Identifier instantiates[x]:canonical,Reference basedOn*:Reference
    triggeredBy*:Observation.triggeredBy@R5 partOf*:Reference
    status!:code(registered|preliminary|final|amended|corrected|cancelled|entered-in-error|unknown)
    category*:CodeableConcept code!:CodeableConcept subject:Reference focus*:Reference
    encounter:Reference effective[x]:dateTime,Period,Timing,instant issued:instant performer*:Reference
    value[x]:${OBSERVATION_VALUE_TYPES}
    dataAbsentReason:CodeableConcept interpretation*:CodeableConcept note*:Annotation
    bodySite:CodeableConcept bodyStructure:Reference method:CodeableConcept specimen:Reference
    device:Reference referenceRange*:Observation.referenceRange@R5 hasMember*:Reference
    derivedFrom*:Reference component*:Observation.component@R5`,
  'Observation.triggeredBy@R5': `
    observation!:Reference type!:code(reflex|repeat|re-run) reason:string`,
  'Observation.referenceRange@R5': `
    low:Quantity high:Quantity normalValue:CodeableConcept type:CodeableConcept
    appliesTo*:CodeableConcept age:Range text:markdown`,
  'Observation.component@R5': `
    code!:CodeableConcept value[x]:${OBSERVATION_VALUE_TYPES}
    dataAbsentReason:CodeableConcept interpretation*:CodeableConcept
    referenceRange*:Observation.referenceRange@R5`,
  'MedicationAdministration@R5': `
    identifier*:Identifier basedOn*:Reference partOf*:Reference
    status!:code(in-progress|not-done|on-hold|completed|entered-in-error|stopped|unknown)
    statusReason*:CodeableConcept category*:CodeableConcept medication!:CodeableReference@R5
    subject!:Reference encounter:Reference supportingInformation*:Reference
    occurence[x]!:dateTime,Period,Timing recorded:dateTime isSubPotent:boolean
    subPotentReason*:CodeableConcept performer*:MedicationAdministration.performer@R5
    reason*:CodeableReference@R5 request:Reference device*:CodeableReference@R5 note*:Annotation
    dosage:MedicationAdministration.dosage@R5 eventHistory*:Reference`,
  'MedicationAdministration.performer@R5': `
    function:CodeableConcept actor!:CodeableReference@R5`,
  'MedicationAdministration.dosage@R5': `
    text:string site:CodeableConcept route:CodeableConcept method:CodeableConcept dose:Quantity
    rate[x]:Ratio,Quantity`,
  'AdverseEvent@R5': `
    identifier*:Identifier status!:code(in-progress|completed|entered-in-error|unknown)
    actuality!:code(actual|potential) category*:CodeableConcept code:CodeableConcept
    subject!:Reference encounter:Reference occurrence[x]:dateTime,Period,Timing detected:dateTime
    recordedDate:dateTime resultingEffect*:Reference location:Reference seriousness:CodeableConcept
    outcome*:CodeableConcept recorder:Reference participant*:AdverseEvent.participant@R5
    study*:Reference expectedInResearchStudy:boolean suspectEntity*:AdverseEvent.suspectEntity@R5
    contributingFactor*:AdverseEvent.item@R5 preventiveAction*:AdverseEvent.item@R5
    mitigatingAction*:AdverseEvent.item@R5 supportingInfo*:AdverseEvent.item@R5 note*:Annotation`,
  'AdverseEvent.participant@R5': `
    function:CodeableConcept actor!:Reference`,
  'AdverseEvent.suspectEntity@R5': `
    instance[x]!:CodeableConcept,Reference causality:AdverseEvent.causality@R5`,
  'AdverseEvent.causality@R5': `
    assessmentMethod:CodeableConcept entityRelatedness:CodeableConcept author:Reference`,
  'AdverseEvent.item@R5': `
    item[x]!:Reference,CodeableConcept`,
  'CodeableReference@R5': `
    concept:CodeableConcept reference:Reference`,
};
