import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

// Texts that packages forgot to bring, as their repositories have them: licences/NAME@VERSION.txt.
const kept = 'licences';

/** The folder of the package that a module is of; undefined: it is the page's own. */
function packageOf(id) {
  const file = id.replaceAll('\0', '').replace(/\?.*$/, '');
  const found = /^.*\/node_modules\/(@[^/]+\/)?[^/]+(?=\/)/.exec(file);
  if (found) return found[0];
  return id.startsWith('\0') ? 'node_modules/vite' : undefined; // what bundling adds
}

/** The texts in a package's folder; empty: there are none. */
function textsIn(folder, name) {
  const own = readdirSync(folder).filter((file) => /^(licen[cs]e|copying|notice)/i.test(file));
  const files = own.length > 0 ? own.sort().map((file) => join(folder, file)) : [join(kept, `${name}.txt`)];
  return files.filter((file) => existsSync(file)).map((file) => readFileSync(file, 'utf8'));
}

/**
 * Writes licences.txt beside the page: what the packages whose code is in it ask to come along.
 * @returns {import('vite').Plugin}
 */
export function licences() {
  return {
    name: 'licences',
    apply: 'build',
    generateBundle(_, bundle) {
      const modules = [...this.getModuleIds()].filter((id) => id.endsWith('.css'));
      for (const chunk of Object.values(bundle))
        for (const [id, module] of Object.entries(chunk.modules ?? {})) if (module.renderedLength > 0) modules.push(id);
      const sections = new Map();
      for (const folder of new Set(modules.map(packageOf))) {
        if (!folder) continue;
        const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
        const texts = textsIn(folder, `${name}@${version}`);
        if (texts.length === 0)
          this.error(
            `the page holds code of ${name} ${version}, which brings no licence text: put the one of its repository into ${kept}/${name}@${version}.txt`,
          );
        sections.set(`${name} ${version}`, `${name} ${version} (${license})\n\n${texts.map((text) => text.trim()).join('\n\n')}\n`);
      }
      const source = [
        'The page of the dashboard holds code of these packages, under these licences.\n',
        ...[...sections.keys()].sort().map((key) => sections.get(key)),
      ].join(`\n${'='.repeat(80)}\n\n`);
      this.emitFile({ type: 'asset', fileName: 'licences.txt', source });
    },
  };
}
