// Usage: npm run bench -- kernels [--json] [--device wasm,webgpu] [--threads N] [--rows N] [--runs 9] [--write]
//
// Times every kernel on every device that opens, each after its answer has been checked, and sets it against what the
// device can do at most: copying, and multiply-adds, as measured just before. Which bytes and operations are counted is said
// with each kernel, in bench/kernels. On wasm skip-gram runs on all threads and is set against their limits together; the
// others run on one, and are set against the limits of one.
//
// Options: --rows of each table (default 65,536 on wasm, 262,144 on a GPU, 4,096 on a software adapter), --runs that each median
// is of; --write puts table and chart into bench/RESULTS.md and bench/kernels.svg.

import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { openWasm } from '../kernels/wasm/device.ts'
import { openWebGpu } from '../kernels/webgpu/device.ts'
import { apply } from './kernels/apply.ts'
import { roofChart } from './kernels/chart.ts'
import { checkRows } from './kernels/check-rows.ts'
import { initRows } from './kernels/init-rows.ts'
import { measureKernel, type Stand } from './kernels/measure-kernel.ts'
import { nearest } from './kernels/nearest.ts'
import { pack } from './kernels/pack.ts'
import { skipGram } from './kernels/skip-gram.ts'
import { machine } from './machine.ts'
import { markdownTable, openReport } from './report.ts'
import { writeSection } from './results.ts'

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    device: { type: 'string', default: 'wasm,webgpu' },
    threads: { type: 'string', default: String(navigator.hardwareConcurrency) },
    rows: { type: 'string' },
    runs: { type: 'string', default: '9' },
    write: { type: 'boolean', default: false }
  }
})
const dim = 128
const queries = 16
const runs = Number(values.runs)
const rowsOr = (rows: number) => Number(values.rows ?? rows)

const loaded = machine()
const report = openReport(values.json)
const notes: string[] = []
for (const name of values.device.split(',')) {
  const stand = await openStand(name)
  if (stand === undefined) continue
  const { all, one } = stand.roof
  note(
    `${stand.label}: ${stand.about}; ${stand.shape.rows} rows of ${dim}, ${queries} queries; copies ${all.copyGBps.toFixed(1)} GB/s, ` +
      `computes ${all.peakGFlops.toFixed(0)} GFLOP/s` +
      (one === all
        ? ''
        : `; one thread ${one.copyGBps.toFixed(1)} GB/s, ${one.peakGFlops.toFixed(0)} GFLOP/s`)
  )
  for (const kernel of [skipGram, pack, apply, nearest, initRows, checkRows]) {
    report.add(await measureKernel(kernel, stand))
  }
}
report.close()
if (values.write) {
  writeFileSync(new URL('kernels.svg', import.meta.url), roofChart(report.rows))
  const chart = '![Share of the measured limit that each kernel reaches](kernels.svg)'
  writeSection('kernels', loaded, [...notes, markdownTable(report.rows), chart])
}

/** A device by name, its limits measured; undefined, and said so, where it does not open. */
async function openStand(name: string): Promise<(Stand & { about: string }) | undefined> {
  try {
    if (name === 'wasm') return await wasmStand()
    if (name === 'webgpu') return await webGpuStand()
  } catch (error) {
    note(`${name}: not measured, ${error instanceof Error ? error.message : error}`)
    return undefined
  }
  throw new RangeError(`--device must name some of wasm, webgpu; got ${name}`)
}

async function wasmStand(): Promise<Stand & { about: string }> {
  const threads = Number(values.threads)
  const open = () => openWasm({ threads })
  const [device, single] = [await open(), await openWasm({ threads: 1 })]
  const all = await device.measureRoof()
  const one = threads === 1 ? all : await single.measureRoof()
  await device.close()
  await single.close()
  const shape = { rows: rowsOr(65_536), dim, queries, batches: 16 }
  return { label: 'wasm', about: device.name, open, roof: { all, one }, shape, runs }
}

async function webGpuStand(): Promise<Stand & { about: string }> {
  const open = () => openWebGpu({ software: true, timing: true })
  const device = await open()
  const roof = await device.measureRoof()
  await device.close()
  const shape = device.hardware
    ? { rows: rowsOr(262_144), dim, queries, batches: 32 }
    : { rows: rowsOr(4096), dim, queries, batches: 2 }
  return {
    label: device.hardware ? 'webgpu' : 'webgpu (software)',
    about: device.name,
    open,
    roof: { all: roof, one: roof },
    shape,
    runs
  }
}

/** Something a reader of the figures should know. */
function note(text: string): void {
  notes.push(text)
  report.say(text)
}
