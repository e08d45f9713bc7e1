import type { TestReply } from './test-server.ts';

/** The parts of an OperationOutcome that tests read. */
export interface OutcomeBody {
  readonly issue: readonly {
    readonly code: string;
    readonly details: { readonly coding: readonly { readonly code: string }[] };
    readonly expression?: readonly string[];
    readonly diagnostics: string;
  }[];
}

export interface ResponseBundle {
  readonly type: string;
  readonly entry: readonly {
    readonly response: {
      readonly status: string;
      readonly location?: string;
      readonly outcome: OutcomeBody;
    };
  }[];
}

interface CodeEntry {
  readonly code: string;
}

export interface CapabilityRest {
  readonly mode: string;
  readonly security: { readonly description: string };
  readonly interaction: readonly CodeEntry[];
  readonly operation: readonly { readonly name: string }[];
  readonly resource: readonly {
    readonly type: string;
    readonly interaction: readonly CodeEntry[];
    readonly supportedProfile?: readonly string[];
  }[];
}

/** Parses the body and requires its resource type; the elements are read as they come, so a wrong one fails the test. */
function readResource(reply: TestReply, resourceType: string): unknown {
  const body: unknown = JSON.parse(reply.text);
  const isExpected =
    typeof body === 'object' && body !== null && 'resourceType' in body && body.resourceType === resourceType;
  if (!isExpected) throw new Error(`The answer ${reply.status} is no ${resourceType}: ${reply.text}`);
  return body;
}

export const readOutcome = (reply: TestReply): OutcomeBody =>
  readResource(reply, 'OperationOutcome') as OutcomeBody;

export const readResponseBundle = (reply: TestReply): ResponseBundle => {
  const bundle = readResource(reply, 'Bundle') as Omit<ResponseBundle, 'entry'> & Partial<ResponseBundle>;
  return { ...bundle, entry: bundle.entry ?? [] };
};

export const readCapability = (
  reply: TestReply,
): { readonly software: object; readonly rest: readonly CapabilityRest[] } =>
  readResource(reply, 'CapabilityStatement') as ReturnType<typeof readCapability>;

/** The coded detail of every issue, in order: what became of the resource, without the text. */
export const listDetails = ({ issue }: OutcomeBody): readonly (string | undefined)[] =>
  issue.map(({ details }) => details.coding[0]?.code);

/** The elements that the first issue names. */
export const listFirstElements = (reply: TestReply): readonly string[] | undefined =>
  readOutcome(reply).issue[0]?.expression;
