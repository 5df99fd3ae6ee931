// A GitHub REST API on loopback that keeps what it is told: commit statuses, issue comments, pull
// requests of a commit, the token's user. Nothing else answers. Answers have GitHub's shape, so
// that the official OpenAPI description accepts them (see rig/github/proxy.mjs).
//
//   const github = await startFakeGitHub({ rights: 'write' });
//   github.url, github.state(), github.requests(), github.fault({...}), await github.close()
//
// A fault is used up by the requests that it matches:
//   { kind, method?, path?, count?, ... }   path: part of the path; count: how many, default 1
// kinds: status (status, body?, type?, headers?), html502, retry-after (status, seconds), primary
// (reset_in), secondary, slow (after_ms), drip (every_ms), reset, lost (applied, then cut),
// truncated, bad-json, huge (bytes), redirect (to, status?), echo-token (message with the token).
//
// On its own (`node fake-github.mjs`) it prints {"port":N} and then obeys lines of JSON on stdin:
// {"fault":{…}}, {"state":true}, {"requests":true}, {"comment":{…}}, {"rights":"read"},
// {"quit":true}; each is answered by one line of JSON. It ends with stdin.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';

const DEFAULTS = {
  owner: 'octo',
  repository: 'train',
  token: 'ghs_0123456789abcdefghijklmnopqrstuvwxyzAB',
  rights: 'write', // write | read | statuses | comments | none
  login: 'github-actions[bot]',
  userStatus: 403, // of GET /user: 403 for the workflow's token, 200 for a person's
  commits: null, // known commits; null: every one is
  pulls: [], // { number, state, head, commits: [sha] }
  statusesPerContext: 1000,
  tls: null, // folder of key.pem and certificate.pem: speak TLS
  host: '127.0.0.1',
  port: 0,
};

const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms).unref());

function user(login) {
  const name = encodeURIComponent(login.replace(/\[bot\]$/, ''));
  const api = `https://api.github.com/users/${name}`;
  return {
    login,
    id: 41898282,
    node_id: 'MDM6Qm90NDE4OTgyODI=',
    avatar_url: 'https://avatars.githubusercontent.com/in/15368?v=4',
    gravatar_id: '',
    url: api,
    html_url: `https://github.com/${name}`,
    followers_url: `${api}/followers`,
    following_url: `${api}/following`,
    gists_url: `${api}/gists`,
    starred_url: `${api}/starred`,
    subscriptions_url: `${api}/subscriptions`,
    organizations_url: `${api}/orgs`,
    repos_url: `${api}/repos`,
    events_url: `${api}/events`,
    received_events_url: `${api}/received_events`,
    type: login.endsWith('[bot]') ? 'Bot' : 'User',
    site_admin: false,
  };
}

const REPOSITORY_ADDRESSES = `archive assignees blobs branches collaborators comments commits
  compare contents contributors deployments downloads events forks git_commits git_refs git_tags
  hooks issue_comment issue_events issues keys labels languages merges milestones notifications
  pulls releases stargazers statuses subscribers subscription tags teams trees`.split(/\s+/);

function repositoryOf(owner, name) {
  const url = `https://api.github.com/repos/${owner}/${name}`;
  const page = `https://github.com/${owner}/${name}`;
  const addresses = REPOSITORY_ADDRESSES.map((word) => [`${word}_url`, `${url}/${word}`]);
  return {
    ...Object.fromEntries(addresses),
    id: 1, node_id: 'R_1', name, full_name: `${owner}/${name}`, owner: user(owner), url,
    html_url: page, clone_url: `${page}.git`, git_url: `git://github.com/${owner}/${name}.git`,
    ssh_url: `git@github.com:${owner}/${name}.git`, svn_url: page, mirror_url: null,
    homepage: null, language: 'C', description: null, license: null, default_branch: 'main',
    private: false, fork: false, archived: false, disabled: false, has_downloads: true,
    has_issues: true, has_projects: false, has_wiki: false, has_pages: false, forks: 0,
    forks_count: 0, open_issues: 1, open_issues_count: 1, size: 1, stargazers_count: 0,
    watchers: 0, watchers_count: 0, pushed_at: MOMENT, created_at: MOMENT, updated_at: MOMENT,
  };
}

// A pull request with all that the description requires of one in a list.
function pullRequest({ number, state = 'open', head }, { owner, repository }) {
  const api = `https://api.github.com/repos/${owner}/${repository}`;
  const page = `https://github.com/${owner}/${repository}/pull/${number}`;
  const repo = repositoryOf(owner, repository);
  const side = (ref, sha) => ({ label: `${owner}:${ref}`, ref, sha, repo, user: user(owner) });
  const links = {
    comments: `${api}/issues/${number}/comments`,
    commits: `${api}/pulls/${number}/commits`,
    statuses: `${api}/statuses/${head}`,
    html: page,
    issue: `${api}/issues/${number}`,
    review_comments: `${api}/pulls/${number}/comments`,
    review_comment: `${api}/pulls/comments{/number}`,
    self: `${api}/pulls/${number}`,
  };
  return {
    url: links.self, id: 7000 + number, node_id: `PR_${number}`, html_url: page,
    diff_url: `${page}.diff`, patch_url: `${page}.patch`, issue_url: links.issue,
    commits_url: links.commits, review_comments_url: links.review_comments,
    review_comment_url: links.review_comment, comments_url: links.comments,
    statuses_url: links.statuses, number, state, locked: false, title: 'A change',
    user: user(owner), body: null, labels: [], milestone: null, created_at: MOMENT,
    updated_at: MOMENT, closed_at: null, merged_at: null, merge_commit_sha: null,
    assignee: null, head: side('topic', head), base: side('main', '0'.repeat(40)),
    _links: Object.fromEntries(Object.entries(links).map(([name, href]) => [name, { href }])),
    author_association: 'OWNER', auto_merge: null,
  };
}

const MOMENT = '2025-12-09T14:30:22Z';

class FakeGitHub {
  constructor(options) {
    this.options = { ...DEFAULTS, ...options };
    this.statuses = [];
    this.comments = [];
    this.log = [];
    this.faults = [];
    this.nextId = 1001;
    const { tls } = this.options;
    const secrets = tls && {
      key: readFileSync(join(tls, 'key.pem')),
      cert: readFileSync(join(tls, 'certificate.pem')),
    };
    const serve = (request, answer) => {
      this.serve(request, answer).catch((error) => {
        answer.writeHead(500);
        answer.end(String(error.stack));
      });
    };
    this.server = tls ? createSecureServer(secrets, serve) : createServer(serve);
  }

  async listen() {
    const { port, host } = this.options;
    await new Promise((resolve) => this.server.listen(port, host, resolve));
    this.port = this.server.address().port;
    this.url = `http://127.0.0.1:${this.port}`;
    return this;
  }

  close() {
    this.server.closeAllConnections();
    return new Promise((resolve) => this.server.close(resolve));
  }

  state() {
    return { statuses: this.statuses, comments: this.comments };
  }

  requests() {
    return this.log;
  }

  rights(rights) {
    this.options.rights = rights;
  }

  fault(fault) {
    this.faults.push({ count: 1, ...fault });
  }

  addComment({ issue = 1, body, login = this.options.login }) {
    const id = this.nextId++;
    const { owner, repository } = this.options;
    const api = `https://api.github.com/repos/${owner}/${repository}`;
    const comment = {
      id,
      node_id: `IC_${id}`,
      url: `${api}/issues/comments/${id}`,
      html_url: `https://github.com/${owner}/${repository}/pull/${issue}#issuecomment-${id}`,
      issue_url: `${api}/issues/${issue}`,
      user: user(login),
      created_at: MOMENT,
      updated_at: MOMENT,
      author_association: 'NONE',
      body,
    };
    this.comments.push({ issue, ...comment });
    return comment;
  }

  takeFault(method, path) {
    const fault = this.faults.find(
      (one) =>
        one.count > 0 &&
        (!one.method || one.method === method) &&
        (!one.path || path.includes(one.path)),
    );
    if (fault) fault.count--;
    return fault;
  }

  async serve(request, answer) {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString('utf8');
    const { method, headers } = request;
    const path = request.url;
    const authorized = headers.authorization === `Bearer ${this.options.token}`;
    this.log.push({
      method,
      path,
      at_ms: Math.round(performance.now()),
      authorized,
      headers: { ...headers, authorization: headers.authorization && '(hidden)' },
      body: text,
    });
    const fault = this.takeFault(method, path);
    const reply = new Reply(answer);
    if (fault && (await this.faultBefore(fault, reply, headers))) return;
    this.route(method, new URL(path, this.url), text, reply, { authorized, headers });
    if (fault) await faultAfter(fault, reply);
    else reply.send();
  }

  // True: the request was answered (or cut) without being looked at.
  async faultBefore(fault, reply, headers) {
    const now = Math.floor(Date.now() / 1000);
    switch (fault.kind) {
    case 'status':
      reply.raw(fault.status, fault.body ?? JSON.stringify({ message: 'made up' }), {
        'content-type': fault.type ?? 'application/json',
        ...fault.headers,
      });
      break;
    case 'html502':
      reply.raw(502, '<html><body><h1>502 Bad Gateway</h1></body></html>', {
        'content-type': 'text/html',
      });
      break;
    case 'retry-after':
      reply.json(fault.status ?? 429, { message: 'You have exceeded a secondary rate limit.' });
      reply.headers['retry-after'] = String(fault.seconds ?? 1);
      break;
    case 'secondary':
      reply.json(403, { message: 'You have exceeded a secondary rate limit.' });
      break;
    case 'primary':
      reply.json(403, { message: 'API rate limit exceeded for installation.' });
      reply.headers['x-ratelimit-remaining'] = '0';
      reply.headers['x-ratelimit-reset'] = String(now + (fault.reset_in ?? 3600));
      break;
    case 'slow':
      await wait(fault.after_ms ?? 60000);
      return false;
    case 'reset':
      reply.answer.socket.resetAndDestroy();
      return true;
    case 'redirect':
      reply.raw(fault.status ?? 307, '', { location: fault.to });
      break;
    case 'huge':
      reply.raw(200, Buffer.alloc(fault.bytes ?? 11 * 1024 * 1024, 0x20), {});
      break;
    case 'echo-token':
      reply.json(403, { message: `bad credentials: ${headers.authorization}` });
      break;
    default:
      return false;
    }
    reply.send();
    return true;
  }

  route(method, url, text, reply, { authorized, headers }) {
    const { owner, repository, userStatus, login } = this.options;
    if (!headers['user-agent']) return reply.json(403, { message: 'User-Agent is required.' });
    if (!authorized) return reply.problem(401, 'Bad credentials');
    if (method === 'GET' && url.pathname === '/user') {
      if (userStatus !== 200) return reply.problem(403, 'Resource not accessible by integration');
      return reply.json(200, privateUser(login));
    }
    const prefix = `/repos/${owner}/${repository}`;
    if (!url.pathname.startsWith(`${prefix}/`)) return reply.problem(404, 'Not Found');
    const rest = url.pathname.slice(prefix.length);
    const routes = [
      ['POST', /^\/statuses\/([^/]+)$/, 'statuses', this.createStatus],
      ['GET', /^\/commits\/([^/]+)\/pulls$/, null, this.listPulls],
      ['GET', /^\/issues\/(\d+)\/comments$/, null, this.listComments],
      ['POST', /^\/issues\/(\d+)\/comments$/, 'comments', this.createComment],
      ['PATCH', /^\/issues\/comments\/(\d+)$/, 'comments', this.updateComment],
    ];
    for (const [verb, form, right, handler] of routes) {
      const match = form.exec(rest);
      if (verb !== method || !match) continue;
      const { rights } = this.options;
      if (right && rights !== 'write' && rights !== right)
        return reply.problem(403, 'Resource not accessible by integration');
      let body = null;
      if (method !== 'GET') {
        try {
          body = JSON.parse(text);
        } catch {
          return reply.problem(400, 'Problems parsing JSON');
        }
      }
      return handler.call(this, { match, url, body, reply });
    }
    return reply.problem(404, 'Not Found');
  }

  createStatus({ match, body, reply }) {
    const sha = match[1];
    const { commits, statusesPerContext } = this.options;
    if (commits && !commits.includes(sha))
      return reply.problem(422, `No commit found for SHA: ${sha}`);
    if (!['error', 'failure', 'pending', 'success'].includes(body.state))
      return reply.problem(422, 'Validation Failed');
    if ([...(body.description ?? '')].length > 140)
      return reply.problem(422, 'Validation Failed: description is too long (maximum is 140 characters)');
    const same = this.statuses.filter((one) => one.sha === sha && one.context === body.context);
    if (same.length >= statusesPerContext)
      return reply.problem(422, 'This SHA and context has reached the maximum number of statuses.');
    const id = this.nextId++;
    const status = {
      url: `https://api.github.com/repos/${this.options.owner}/${this.options.repository}/statuses/${sha}`,
      avatar_url: 'https://avatars.githubusercontent.com/in/15368?v=4',
      id,
      node_id: `SC_${id}`,
      state: body.state,
      description: body.description ?? '',
      target_url: body.target_url ?? '',
      context: body.context ?? 'default',
      created_at: MOMENT,
      updated_at: MOMENT,
      creator: user(this.options.login),
    };
    this.statuses.push({ sha, ...status });
    return reply.json(201, status);
  }

  listPulls({ match, reply }) {
    const sha = match[1];
    const found = this.options.pulls.filter(
      (pull) => pull.head === sha || (pull.commits ?? []).includes(sha),
    );
    return reply.json(200, found.map((pull) => pullRequest(pull, this.options)));
  }

  listComments({ match, url, reply }) {
    const size = Math.min(100, Number(url.searchParams.get('per_page') ?? 30));
    const page = Math.max(1, Number(url.searchParams.get('page') ?? 1));
    const all = this.comments.filter((one) => one.issue === Number(match[1]));
    const last = Math.max(1, Math.ceil(all.length / size));
    const link = (number, relation) => {
      const target = `https://api.github.com/repositories/1/issues/${match[1]}/comments`;
      return `<${target}?per_page=${size}&page=${number}>; rel="${relation}"`;
    };
    const links = [];
    if (page > 1) links.push(link(page - 1, 'prev'), link(1, 'first'));
    if (page < last) links.push(link(page + 1, 'next'), link(last, 'last'));
    if (links.length > 0) reply.headers.link = links.join(', ');
    return reply.json(200, all.slice((page - 1) * size, page * size).map(withoutIssue));
  }

  createComment({ match, body, reply }) {
    if (typeof body.body !== 'string' || body.body === '')
      return reply.problem(422, 'Validation Failed');
    if ([...body.body].length > 65536)
      return reply.problem(422, 'Body is too long (maximum is 65536 characters)');
    return reply.json(201, this.addComment({ issue: Number(match[1]), body: body.body }));
  }

  updateComment({ match, body, reply }) {
    const comment = this.comments.find((one) => one.id === Number(match[1]));
    if (!comment) return reply.problem(404, 'Not Found');
    if ([...body.body].length > 65536)
      return reply.problem(422, 'Body is too long (maximum is 65536 characters)');
    comment.body = body.body;
    return reply.json(200, withoutIssue(comment));
  }
}

// An answer that is made first and sent later, whole or spoilt.
class Reply {
  constructor(answer) {
    this.answer = answer;
    this.headers = {
      'x-ratelimit-limit': '1000',
      'x-ratelimit-remaining': '990',
      'x-ratelimit-reset': String(Math.floor(Date.now() / 1000) + 1800),
    };
  }

  raw(status, body, headers) {
    this.status = status;
    this.body = Buffer.from(body);
    Object.assign(this.headers, headers);
  }

  json(status, value) {
    this.raw(status, JSON.stringify(value), { 'content-type': 'application/json; charset=utf-8' });
  }

  problem(status, message) {
    this.json(status, {
      message,
      documentation_url: 'https://docs.github.com/rest',
      status: String(status),
    });
  }

  head() {
    this.answer.writeHead(this.status, { ...this.headers, 'content-length': this.body.length });
  }

  send() {
    this.head();
    this.answer.end(this.body);
  }
}

// The request has been obeyed; the answer gets spoilt.
async function faultAfter(fault, reply) {
  switch (fault.kind) {
  case 'lost':
    reply.answer.socket.resetAndDestroy();
    break;
  case 'truncated':
    reply.head();
    reply.answer.write(reply.body.subarray(0, reply.body.length >> 1));
    reply.answer.socket.end();
    break;
  case 'bad-json':
    reply.body = Buffer.from(`{"id": 1, "message": ${reply.body.subarray(0, 20)}`);
    reply.send();
    break;
  case 'drip':
    reply.head();
    for (const byte of reply.body) {
      if (reply.answer.destroyed) return;
      reply.answer.write(Buffer.of(byte));
      await wait(fault.every_ms ?? 200);
    }
    reply.answer.end();
    break;
  default:
    reply.send();
  }
}

function withoutIssue({ issue, ...comment }) {
  return comment;
}

function privateUser(login) {
  return {
    ...user(login),
    name: null, company: null, blog: null, location: null, email: null, hireable: null,
    bio: null, twitter_username: null, public_repos: 0, public_gists: 0, followers: 0,
    following: 0, created_at: MOMENT, updated_at: MOMENT,
  };
}

export function startFakeGitHub(options = {}) {
  return new FakeGitHub(options).listen();
}

async function obey(github, order, more) {
  if (order.fault) github.fault(order.fault);
  if (order.comment) return github.addComment(order.comment);
  if (order.rights) github.rights(order.rights);
  if (order.state) return github.state();
  if (order.requests) return github.requests();
  for (const [word, answer] of Object.entries(more)) {
    if (order[word]) return answer();
  }
  return { ok: true };
}

// Says the port, then obeys stdin until it ends or says quit.
export async function obeyOrders(github, port, more = {}) {
  const say = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);
  say({ port });
  for await (const line of createInterface({ input: process.stdin })) {
    if (line.trim() === '') continue;
    const order = JSON.parse(line);
    if (order.quit) break;
    say(await obey(github, order, more));
  }
}

async function main() {
  const github = await startFakeGitHub(process.argv[2] ? JSON.parse(process.argv[2]) : {});
  await obeyOrders(github, github.port);
  await github.close();
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await main();
