import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Bar } from './bar.ts';

const ROOT = join(import.meta.dirname, '..');

/** A package in the lock file. */
interface LockedPackage {
  readonly version?: string;
  readonly integrity?: string;
  /** Delivered inside the archive of another package, whose digest covers it. */
  readonly inBundle?: boolean;
  readonly link?: boolean;
  readonly dev?: boolean;
  readonly optional?: boolean;
}

type LockedPackages = Readonly<Record<string, LockedPackage>>;

interface Component {
  readonly name: string;
  readonly version: string;
  readonly purl?: string;
  readonly hashes?: readonly unknown[];
}

const readLockedPackages = (): LockedPackages => {
  const lock = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8'));
  return (lock as { readonly packages: LockedPackages }).packages;
};

/** Lists the packages whose content the lock file does not fix by a digest. */
function listWithoutDigest(packages: LockedPackages): readonly string[] {
  return Object.entries(packages)
    .filter(([path, { integrity, inBundle, link }]) => path !== '' && !integrity && !inBundle && !link)
    .map(([path]) => `${path} has no integrity in the lock file`);
}

/** No package may run a script of its own when it is installed. */
const listScriptBreaches = (): readonly string[] =>
  /^ignore-scripts=true$/m.test(readFileSync(join(ROOT, '.npmrc'), 'utf8'))
    ? []
    : ['.npmrc does not switch install scripts off'];

/**
 * Builds the software bill of materials (CycloneDX) of all that is installed. With `--omit dev`, npm 11 leaves out packages that
 * production and development share.
 */
function buildBillOfMaterials(): readonly Component[] {
  const { status, stdout, stderr } = spawnSync('npm', ['sbom', '--sbom-format', 'cyclonedx'], {
    cwd: ROOT,
    encoding: 'utf8',
    maxBuffer: 64_000_000,
  });
  if (status !== 0) throw new Error(`npm sbom: ${stderr}`);
  const bill = JSON.parse(stdout) as { bomFormat: string; components: readonly Component[] };
  if (bill.bomFormat !== 'CycloneDX') throw new Error('The bill of materials is not CycloneDX.');
  return bill.components;
}

/** Lists the packages of production that the bill leaves out, and components that nobody could look up. */
function listBillBreaches(packages: LockedPackages, components: readonly Component[]): readonly string[] {
  const listed = new Set(components.map(({ name, version }) => `${name}@${version}`));
  const needed = Object.entries(packages)
    .filter(([path, { dev, optional }]) => path !== '' && !dev && !optional)
    .map(([path, { version }]) => `${path.slice(path.lastIndexOf('node_modules/') + 13)}@${version}`);
  return [
    ...needed.filter((name) => !listed.has(name)).map((name) => `${name} is not in the bill of materials`),
    ...components.filter(({ purl }) => !purl).map(({ name }) => `${name} has no package URL in the bill`),
  ];
}

/** What is installed is what was reviewed, and what runs in production is listed. */
export const supplyChainBar: Bar = {
  id: 'C1',
  name: 'the build',
  async run() {
    const packages = readLockedPackages();
    const components = buildBillOfMaterials();
    const [first = ''] = Object.keys(packages).filter((path) => packages[path]?.integrity);
    const { integrity: _, ...tampered } = packages[first] ?? {};
    return {
      counts: { packages: Object.keys(packages).length - 1, 'in the bill': components.length },
      breaches: [
        ...listWithoutDigest(packages),
        ...listScriptBreaches(),
        ...listBillBreaches(packages, components),
      ],
      control: {
        name: 'a digest taken out of the lock file',
        found: listWithoutDigest({ ...packages, [first]: tampered }).length,
      },
      notRun: [
        'npm audit and npm audit signatures: they need the registry’s advisory service',
        'container checks: the repository has no image',
      ],
    };
  },
};
