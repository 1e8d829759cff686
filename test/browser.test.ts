import { strictEqual } from 'node:assert'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { extname, join, normalize } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import chromium from '@sparticuz/chromium'
import { topicText } from './corpus.ts'

// The compiled package in a page of a headless Chromium, which a development dependency brings: the same modules, shaders
// and WASM as in Node, fetched by their relative URLs.

const root = fileURLToPath(new URL('..', import.meta.url))
const TYPES: Record<string, string> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.wasm': 'application/wasm'
}
let folder: string
let server: Server
let tell: (answer: Answer) => void

interface Answer {
  readonly device?: string
  readonly nearest?: string
  readonly error?: string
}

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tensair-page-'))
  execFileSync(process.execPath, [join(root, 'src/cli/build.js'), join(folder, 'dist')])
  server = createServer(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://page')
    // Without these two a page has no shared memory.
    response.setHeader('Cross-Origin-Opener-Policy', 'same-origin')
    response.setHeader('Cross-Origin-Embedder-Policy', 'require-corp')
    if (request.method === 'POST') {
      const parts = await Array.fromAsync(request)
      tell(JSON.parse(Buffer.concat(parts).toString()))
      response.end()
      return
    }
    const path = normalize(pathname)
    const file = path.startsWith('/node_modules/') ? join(root, path) : join(folder, path)
    const body =
      path === '/' ? page(searchParams.get('device') ?? '') : await readFile(file).catch(() => undefined)
    response.statusCode = body === undefined ? 404 : 200
    response.setHeader('Content-Type', TYPES[extname(path === '/' ? 'page.html' : path)] ?? 'text/plain')
    response.end(body)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
})

after(() => {
  server.close()
  server.closeAllConnections()
  rmSync(folder, { recursive: true })
})

/** Where each package that the compiled files import by name is. */
function importMap(names: readonly string[], imports: Record<string, string> = {}): Record<string, string> {
  for (const name of names) {
    if (imports[name] !== undefined) continue
    const manifest = join(root, 'node_modules', name, 'package.json')
    if (!existsSync(manifest)) continue
    const { exports, main, module, dependencies } = JSON.parse(readFileSync(manifest, 'utf8'))
    const entry = exports?.['.']?.import ?? exports?.['.']?.default ?? module ?? main ?? 'index.js'
    imports[name] = `/node_modules/${name}/${entry.replace(/^\.\//, '')}`
    importMap(Object.keys(dependencies ?? {}), imports)
  }
  return imports
}

function page(device: string): string {
  return `<!doctype html><meta charset="utf-8">
<script type="importmap">${JSON.stringify({ imports: importMap(['it-pipe', 'zod', '@msgpack/msgpack']) })}</script>
<script type="module">
const tell = answer => fetch('/', { method: 'POST', body: JSON.stringify(answer) })
addEventListener('error', event => tell({ error: event.message }))
try {
  const { linesOf, openDevice, pipe, tokenize, train, word2vec } = await import('/dist/src/index.js')
  const { device } = await openDevice('${device}', { threads: 1 })
  const model = await word2vec(device, { dim: 8, capacity: 200, negatives: 3, inputAccumulator: 0, outputAccumulator: 0 })
  await pipe(linesOf(${JSON.stringify(topicText(3000).split('\n'))}), tokenize(), train(model))
  const [{ word }] = await model.nearest('rivera', 1)
  await tell({ device: device.kind, nearest: word.slice(0, 5) })
} catch (error) {
  await tell({ error: String(error) })
}
</script>`
}

/** Opens the page in a browser of its own and gives what the page tells. */
async function open(device: string): Promise<Answer> {
  const told = Promise.withResolvers<Answer>()
  tell = told.resolve
  const { port } = server.address() as AddressInfo
  const flags = ['--headless', '--no-sandbox', '--disable-gpu-sandbox', '--no-first-run']
  flags.push('--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader')
  flags.push(`--user-data-dir=${folder}/profile-${device}`, `http://127.0.0.1:${port}/?device=${device}`)
  const browser = spawn(await chromium.executablePath(), flags, {
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true // a group of its own, to be ended with all its helpers
  })
  let said = ''
  browser.stderr.on('data', text => {
    said += text
  })
  const ended = once(browser, 'exit')
  ended.then(([code]) => told.resolve({ error: `the browser ended with ${code}: ${said.slice(-500)}` }))
  try {
    return await told.promise
  } finally {
    if (browser.pid !== undefined && browser.exitCode === null) process.kill(-browser.pid, 'SIGKILL')
    await ended
  }
}

for (const device of ['wasm', 'webgpu']) {
  test(`a page learns word vectors on ${device}`, { timeout: 60_000 }, async () => {
    const { error, ...result } = await open(device)
    strictEqual(error, undefined)
    strictEqual(result.device, device)
    strictEqual(result.nearest, 'river')
  })
}
