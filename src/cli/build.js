// Makes what is published: TypeScript to dist/ (or another folder given), and beside it the shaders and modules that it
// loads by relative URL.

import { execFileSync } from 'node:child_process'
import { cpSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))
const out = resolve(root, process.argv[2] ?? 'dist')

rmSync(out, { recursive: true, force: true })
execFileSync(
  process.execPath,
  [join(root, 'node_modules/typescript/bin/tsc'), '--project', 'tsconfig.build.json', '--outDir', out],
  { cwd: root, stdio: 'inherit' }
)
for (const folder of ['wgsl', 'wasm/build']) {
  cpSync(join(root, folder), join(out, folder), { recursive: true })
}
