import { create } from 'xmlbuilder2';
import { Failure } from '../../errors.ts';

/**
 * An element's content as xmlbuilder2 reads it: keys in the order of the schema's sequence, lists for repeated elements,
 * `@name` for attributes, `#` for text. Undefined and null are left out.
 */
export type XmlContent = {
  readonly [name: string]: XmlContent | readonly XmlContent[] | string | readonly string[] | null | undefined;
};

const XML_CHARACTERS = /^[\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]*$/u;

/** Whether XML 1.0 allows every character of the text: no control characters, no unpaired surrogates. */
export function isXmlText(text: string): boolean {
  return XML_CHARACTERS.test(text);
}

/** Renders the document as text. Throws `exports/inconsistent` for a character that XML forbids. */
export function renderXml(document: XmlContent): string {
  const text = create({ version: '1.0', encoding: 'UTF-8' }, document).end({ prettyPrint: true });
  if (!isXmlText(text))
    throw new Failure('exports/inconsistent', 'A text contains a control character that XML forbids.', {
      fix: 'Remove it from registry.json, or correct the resource at its source.',
    });
  return `${text}\n`;
}
