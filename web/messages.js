// Compiles messages/*.json into src/lib/paraglide, unless that is newer than all it is made from: a compile costs seconds.
import { readdirSync, statSync } from 'node:fs';

const outdir = './src/lib/paraglide';
const sources = ['messages.js', 'messages', 'project.inlang/settings.json', 'package-lock.json'];
sources.push(...readdirSync('messages').map((name) => `messages/${name}`));
const made = changedAt(`${outdir}/messages.js`);

if (sources.some((path) => changedAt(path) >= made)) {
  const { compile } = await import('@inlang/paraglide-js');
  await compile({
    project: './project.inlang',
    outdir,
    strategy: ['localStorage', 'preferredLanguage', 'baseLocale']
  });
}

/** Milliseconds since 1970; 0 for what is not there. */
function changedAt(path) {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
