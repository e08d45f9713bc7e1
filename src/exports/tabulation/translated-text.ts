/** Builds the English text of an element of ODM and Define-XML. */
export function buildTranslatedText(text: string) {
  return { TranslatedText: { '@xml:lang': 'en', '#': text } };
}

/** Builds the English description of an element of ODM and Define-XML. */
export function buildDescription(text: string) {
  return { Description: buildTranslatedText(text) };
}
