import { writeFileSync } from 'node:fs';
import { registerHooks } from 'node:module';

/** Loaded with `--import`: when the process ends, writes the URL of every loaded module to the file RECORDED_MODULES. */
const loaded = [];
registerHooks({
  load(url, context, nextLoad) {
    loaded.push(url);
    return nextLoad(url, context);
  },
});
process.on('exit', () => {
  const internal = process.moduleLoadList.map((name) => `internal:${name}`);
  writeFileSync(process.env.RECORDED_MODULES, JSON.stringify([...loaded, ...internal]));
});
