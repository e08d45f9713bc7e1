/**
 * Loaded before the service in the control of R2: the database says that it syncs on each commit, and does not. Only the log is
 * synced, when it is copied into the database.
 */
import Sqlite from 'better-sqlite3-multiple-ciphers';

const { pragma } = Sqlite.prototype;
Sqlite.prototype.pragma = function pragmaWithoutSync(text, options) {
  if (text === 'synchronous = FULL') return pragma.call(this, 'synchronous = NORMAL', options);
  const value = pragma.call(this, text, options);
  return text === 'synchronous' ? 2 : value;
};
