import { create } from 'xmlbuilder2';
import { Failure } from '../../errors.ts';

/**
 * An element's content as xmlbuilder2 takes it: keys in the order of the schema's sequence, lists for repetition,
 * `@name` for attributes, `#` for text. Undefined and null are left out.
 */
export type XmlContent = {
  readonly [name: string]: XmlContent | readonly XmlContent[] | string | readonly string[] | null | undefined;
};

const XML_CHARACTERS = /^[\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]*$/u;

/** Whether XML 1.0 can hold the text: no control characters, no half surrogates. */
export function isXmlText(text: string): boolean {
  return XML_CHARACTERS.test(text);
}

/** The document as text. Throws where a text holds a character that no XML can hold. */
export function renderXml(document: XmlContent): string {
  const text = create({ version: '1.0', encoding: 'UTF-8' }, document).end({ prettyPrint: true });
  if (!isXmlText(text))
    throw new Failure('exports/inconsistent', 'a text holds a control character that XML forbids', {
      fix: 'Remove it from registry.json, or correct the resource at its source.',
    });
  return `${text}\n`;
}
