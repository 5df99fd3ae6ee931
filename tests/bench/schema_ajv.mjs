// node schema_ajv.mjs SCHEMA DOCUMENT: microseconds that one validation takes, the median.
import { readFileSync } from 'node:fs';
import Ajv from 'ajv/dist/2020.js';

const [schema, document] = process.argv.slice(2).map((file) => JSON.parse(readFileSync(file, 'utf8')));
const validate = new (Ajv.default ?? Ajv)().compile(schema);
const rounds = 2000;
const times = [];
for (let round = 0; round < rounds; round++) {
  const start = process.hrtime.bigint();
  if (!validate(document)) throw new Error(JSON.stringify(validate.errors));
  times.push(Number(process.hrtime.bigint() - start));
}
/* The first half is the compiler's, to become fast. */
const warm = times.slice(rounds / 2).sort((left, right) => left - right);
console.log((warm[warm.length / 2] / 1000).toFixed(2));
