/** The interface through which a person states what only a person knows; stored with the version. */
export const ADJUDICATE_DOOR = 'adjudicate';
