// Cuts GitHub's official OpenAPI description (npm: @octokit/openapi) down to the routes that
// Wavetrain uses, so that a validating proxy starts in a second and not in a minute.
//
//   node trim-description.mjs OUTPUT.json
import { readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { packageFile } from './packages.mjs';

export const ROUTES = [
  ['post', '/repos/{owner}/{repo}/statuses/{sha}'],
  ['get', '/repos/{owner}/{repo}/commits/{commit_sha}/pulls'],
  ['get', '/repos/{owner}/{repo}/issues/{issue_number}/comments'],
  ['post', '/repos/{owner}/{repo}/issues/{issue_number}/comments'],
  ['patch', '/repos/{owner}/{repo}/issues/comments/{comment_id}'],
  ['get', '/user'],
];

function* references(value) {
  if (Array.isArray(value)) {
    for (const item of value) yield* references(item);
  } else if (value && typeof value === 'object') {
    for (const [key, item] of Object.entries(value)) {
      if (key === '$ref' && typeof item === 'string') yield item;
      else yield* references(item);
    }
  }
}

// Examples are of no use to a validator and make up most of the description.
function withoutExamples(value) {
  if (Array.isArray(value)) return value.map(withoutExamples);
  if (!value || typeof value !== 'object') return value;
  const kept = Object.entries(value).filter(([key, item]) =>
    !(key === 'examples' || (key === 'example' && typeof item !== 'object')));
  return Object.fromEntries(kept.map(([key, item]) => [key, withoutExamples(item)]));
}

export function trimDescription(whole) {
  const { openapi, info, servers } = whole;
  const trimmed = { openapi, info, servers, paths: {}, components: {} };
  for (const [method, path] of ROUTES) {
    const operation = whole.paths[path]?.[method];
    if (!operation) throw new Error(`the description has no ${method} ${path}`);
    trimmed.paths[path] ??= {};
    if (whole.paths[path].parameters) trimmed.paths[path].parameters = whole.paths[path].parameters;
    trimmed.paths[path][method] = withoutExamples(operation);
  }
  const waiting = [...references(trimmed.paths)];
  while (waiting.length > 0) {
    const [, , kind, name] = waiting.pop().split('/');
    trimmed.components[kind] ??= {};
    if (trimmed.components[kind][name]) continue;
    const component = withoutExamples(whole.components[kind][name]);
    trimmed.components[kind][name] = component;
    waiting.push(...references(component));
  }
  return trimmed;
}

export function writeTrimmedDescription(output) {
  const source = packageFile('@octokit/openapi/generated/api.github.com.json');
  const trimmed = trimDescription(JSON.parse(readFileSync(source, 'utf8')));
  writeFileSync(output, JSON.stringify(trimmed));
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  if (!process.argv[2]) {
    console.error('usage: node trim-description.mjs OUTPUT.json');
    process.exit(2);
  }
  writeTrimmedDescription(process.argv[2]);
}
