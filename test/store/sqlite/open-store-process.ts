/** Opens the store that is named and closes it again. Says when it begins. */
import { openSqliteStore } from '../../../src/store/sqlite/sqlite-store.ts';

process.stdout.write('opening\n', () => {
  void openSqliteStore(String(process.argv[2])).close();
});
