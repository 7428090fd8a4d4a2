// Runs reconcile.sql in DuckDB (in memory) over a folder of flattened CSV files: counts as JSON on stdout, seconds by stage
// on stderr.
//
//   node duckdb.mjs FOLDER AS-OF-SECONDS [LIST]
//
// LIST: a file for all it found (control, subject, object; tab-separated), which is not part of the job. `npm install` first.
import { readFileSync, writeFileSync } from 'node:fs';
import { DuckDBInstance } from '@duckdb/node-api';

const [folder, asOf, list] = process.argv.slice(2);
const script = readFileSync(new URL('reconcile.sql', import.meta.url), 'utf-8');

// One statement a time, the stage (-- ---- NAME …) with each: \copy becomes COPY, what is PostgreSQL's alone goes.
function* statements(text) {
  const adapted = text
    .replace(/^-- ---- (\w+).*$/gm, '@$1;')
    .replace(/^--.*$/gm, '')
    .replace(/^\\copy (\w+) FROM (\S+) CSV( HEADER)?$/gm, (_, table, file, header) =>
      `COPY ${table} FROM '${folder}/${file}' (FORMAT csv, DELIMITER ',', HEADER ${header !== undefined});`)
    .replaceAll('UNLOGGED ', '')
    .replaceAll(':as_of', asOf);
  let stage = '';
  for (const part of adapted.split(/;\s*\n/)) {
    const statement = part.trim();
    if (statement.startsWith('@')) stage = statement.slice(1);
    else if (statement !== '' && !/^(\/\* postgres \*\/|CREATE( UNIQUE)? INDEX|ANALYZE)/.test(statement)) yield [stage, statement];
  }
}

const instance = await DuckDBInstance.create(':memory:', { threads: '2' });
const connection = await instance.connect();
const seconds = {};
const slowest = [];
for (const [stage, statement] of statements(script)) {
  const started = performance.now();
  await connection.run(statement);
  const took = (performance.now() - started) / 1000;
  seconds[stage] = (seconds[stage] ?? 0) + took;
  slowest.push([took, statement.slice(0, 70).replaceAll('\n', ' ')]);
}
if (process.env.SHOW_SLOWEST) {
  slowest.sort((a, b) => b[0] - a[0]);
  console.error(slowest.slice(0, 15).map(([s, text]) => `${s.toFixed(3)} ${text}`).join('\n'));
}
for (const [stage, took] of Object.entries(seconds)) console.error(`stage ${stage} ${took.toFixed(4)}`);
const counts = await connection.runAndReadAll('SELECT control, count(*)::int FROM finding GROUP BY control ORDER BY control');
console.log(JSON.stringify({ counts: Object.fromEntries(counts.getRows()) }));
if (list !== undefined) {
  const found = await connection.runAndReadAll("SELECT control, subject, coalesce(object, '') FROM finding");
  writeFileSync(list, found.getRows().map((row) => row.join('\t') + '\n').join(''));
}
