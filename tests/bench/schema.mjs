// The row `schema`: one validation of a document of 1 000 objects, compiled before, beside ajv's
// compiled function. Both have the document parsed; both run in a process of their own, in turn.
import { spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CommandFault, plainEnvironment } from './measure.mjs';

const schema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  type: 'array',
  minItems: 1,
  items: { $ref: '#/$defs/finding' },
  $defs: {
    finding: {
      type: 'object',
      required: ['id', 'path', 'line', 'severity', 'message', 'tags'],
      additionalProperties: false,
      properties: {
        id: { type: 'integer', minimum: 1 },
        path: { type: 'string', minLength: 1, maxLength: 200 },
        line: { type: 'integer', minimum: 1, maximum: 1000000 },
        severity: { enum: ['low', 'medium', 'high', 'critical'] },
        score: { type: 'number', minimum: 0, maximum: 10 },
        message: { type: 'string', minLength: 3 },
        tags: { type: 'array', items: { type: 'string', minLength: 1 }, maxItems: 10 },
        fixed: { type: 'boolean' },
      },
    },
  },
};

function finding(number) {
  return {
    id: 1000 + number,
    path: `src/file_${String(number).padStart(4, '0')}.c`,
    line: 100 + (number % 900),
    severity: ['low', 'medium', 'high'][number % 3],
    score: (number % 100) / 10,
    message: 'used too late',
    tags: ['lint', 'core'],
    fixed: number % 2 === 0,
  };
}

function validate(command, args) {
  const done = spawnSync(command, args, { env: plainEnvironment(), encoding: 'utf8' });
  if (done.status !== 0) throw new CommandFault(`${command} ${args.join(' ')}: ${done.stderr || done.error || done.stdout}`);
  return { each_us: Number(done.stdout) };
}

export function schemaRow(bench) {
  const tool = join(bench.folder, 'schema');
  if (!existsSync(tool)) {
    bench.table.note('`schema` is left out: the libraries beside the program are not there');
    return;
  }
  const files = [join(bench.folder, 'findings.schema.json'), join(bench.folder, 'findings.json')];
  const document = JSON.stringify(Array.from({ length: 1000 }, (_, number) => finding(number)));
  writeFileSync(files[0], JSON.stringify(schema));
  writeFileSync(files[1], document);
  const peer = join(import.meta.dirname, 'schema_ajv.mjs');
  const results = { wavetrain: [], ajv: [] };
  for (let round = 0; round < bench.size.rounds; round++) {
    results.wavetrain.push(validate(tool, files));
    results.ajv.push(validate('node', [peer, ...files]));
  }
  const work = `validate ${Math.round(document.length / 1000)} KB of JSON, 1 000 objects`;
  bench.table.add(results, { work, measure: 'each_us', who: 'wavetrain', beside: 'ajv', bar: { ratio: 1 } });
}
