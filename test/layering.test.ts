import { deepStrictEqual, ok } from 'node:assert'
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { test } from 'node:test'

// Who may import whom. ARCHITECTURE.md draws the same picture; this keeps it true. A file of its own in a folder (as
// src/types.ts) is a part, and so is each folder below kernels/ and src/; the files right in kernels/ are one part.
const words = ['src/types.ts', 'src/stream.ts']
const allowed: Record<string, string[]> = {
  'kernels/webgpu': ['kernels'],
  'kernels/wasm': ['kernels'],
  'kernels/tensorflow': ['kernels'],
  kernels: ['kernels/webgpu', 'kernels/wasm', 'kernels/tensorflow'],
  'src/types.ts': [],
  'src/stream.ts': ['src/types.ts'],
  'src/sources': words,
  'src/sinks': words,
  'src/dataflow': words,
  'src/drift': ['src/types.ts'],
  'src/delta.ts': ['src/types.ts'],
  'src/models': [...words, 'src/delta.ts', 'kernels'],
  'src/net': [...words, 'src/delta.ts'],
  'src/serving': ['src/types.ts', 'src/sources'],
  'src/jobs': [
    ...words,
    'src/sources',
    'src/sinks',
    'src/dataflow',
    'src/models',
    'src/drift',
    'src/serving',
    'kernels'
  ],
  'src/cli': [
    ...words,
    'src/sources',
    'src/sinks',
    'src/dataflow',
    'src/models',
    'src/drift',
    'src/net',
    'src/serving',
    'src/jobs',
    'kernels'
  ],
  'src/node.ts': ['src/sources', 'src/sinks', 'src/serving'],
  'src/drift.ts': ['src/types.ts', 'src/drift'],
  'src/tensorflow.ts': ['src/models', 'src/serving', 'kernels'],
  'src/index.ts': [
    ...words,
    'src/sources',
    'src/sinks',
    'src/dataflow',
    'src/models',
    'src/drift',
    'src/serving',
    'src/jobs',
    'kernels'
  ]
}

// Which packages a part may import; everything not named here uses none.
const packages: Record<string, string[]> = {
  kernels: ['webgpu'],
  'kernels/tensorflow': [
    '@tensorflow/tfjs-backend-wasm',
    '@tensorflow/tfjs-backend-webgpu',
    '@tensorflow/tfjs-core'
  ],
  'src/sources': [
    '@jsquash/jpeg/decode.js',
    'csv-parse/sync',
    'csv-parse/browser/esm/sync',
    'fast-png',
    'hyparquet',
    'ws'
  ],
  'src/sinks': ['csv-stringify/sync', 'fast-png', 'ws'],
  'src/dataflow': ['it-pipe', '@msgpack/msgpack'],
  'src/drift': ['@stdlib/stats-base-dists-f-quantile', '@stdlib/stats-base-dists-t-quantile'],
  'src/models': ['@tensorflow/tfjs-converter', '@tensorflow/tfjs-core', '@tensorflow/tfjs-layers', 'h5wasm'],
  'src/net': [
    '@libp2p/crypto/keys',
    '@libp2p/identify',
    '@libp2p/interface',
    '@libp2p/mdns',
    '@libp2p/noise',
    '@libp2p/peer-id',
    '@libp2p/ping',
    '@libp2p/pnet',
    '@libp2p/tcp',
    '@libp2p/tls',
    '@libp2p/yamux',
    '@multiformats/multiaddr',
    'libp2p'
  ],
  'src/serving': ['@tensorflow/tfjs-converter', '@tensorflow/tfjs-core', '@tensorflow/tfjs-layers', 'zod'],
  'src/jobs': ['zod'],
  'src/cli': ['commander', 'log-update', 'prom-client']
}

// Everything else also runs in a browser.
const mayUseNode =
  /^(src\/cli\/|src\/(sources|sinks|serving)\/(file|server)|src\/net\/node|kernels\/[a-z/-]+-node\.ts$)/

const files = ['kernels', 'src'].flatMap(sourceFiles)

test('imports only point the way ARCHITECTURE.md says', () => {
  const broken: string[] = []
  for (const file of files) {
    const from = partOf(file)
    ok(from in allowed, `${file} belongs to no part that this test knows`)
    for (const target of importsOf(file).filter(name => name.startsWith('.'))) {
      const to = partOf(normalize(join(dirname(file), target)))
      if (from !== to && !allowed[from]?.includes(to)) broken.push(`${file} imports ${target}`)
    }
  }
  deepStrictEqual(broken, [])
})

test('packages are imported only where ARCHITECTURE.md says', () => {
  const broken: string[] = []
  for (const file of files) {
    for (const name of importsOf(file).filter(name => !/^(\.|node:)/.test(name))) {
      if (!packages[partOf(file)]?.includes(name)) broken.push(`${file} imports ${name}`)
    }
  }
  deepStrictEqual(broken, [])
})

test('only files that never run in a browser import node: modules', () => {
  const broken = files.filter(
    file => !mayUseNode.test(file) && importsOf(file).some(name => name.startsWith('node:'))
  )
  deepStrictEqual(broken, [])
})

test('GPUBuffer and WebAssembly are named in kernels/, its tests and its benches, and nowhere else', () => {
  const others = [...files.filter(file => !file.startsWith('kernels/')), ...sourceFiles('test')].filter(
    file => !file.startsWith('test/kernels/') && file !== 'test/layering.test.ts'
  )
  const broken = others.filter(file => /\b(GPUBuffer|WebAssembly)\b/.test(readFileSync(file, 'utf8')))
  deepStrictEqual(broken, [])
})

test('every import of a file of ours names its .ts', () => {
  const broken = files.flatMap(file =>
    importsOf(file)
      .filter(name => name.startsWith('.') && !/\.(ts|js)$/.test(name))
      .map(name => `${file} imports ${name}`)
  )
  deepStrictEqual(broken, [])
})

function sourceFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.ts'))
    .map(name => join(folder, name))
}

/** Everything a file imports, by `import`, `export … from` or `import()`; types too. */
function importsOf(file: string): string[] {
  const text = readFileSync(file, 'utf8').replace(/^\s*\/\/.*$|^\s*\*.*$/gm, '')
  const statement = /^(?:import|export)\b(?:[^'"`;=]*?\bfrom)?\s*'([^']+)'|\bimport\(\s*'([^']+)'/gm
  return [...text.matchAll(statement)].map(([, name, dynamic]) => name ?? dynamic ?? '')
}

function partOf(file: string): string {
  const [top = '', second = '', third] = file.split('/')
  if (top === 'kernels' && third === undefined) return top
  return `${top}/${second}`
}
