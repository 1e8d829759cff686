// Usage: npm run bench -- kernels [--json] [--device wasm,webgpu] [--threads N] [--rows N] [--runs 9] [--write]
//
// Times every kernel on every device that opens, each after its answer has been checked, and sets it against what the
// device can do at most: copying, and multiply-adds, measured before and after. `value` is the time of a call, on webgpu that
// of its shaders by the device's clock; `call_ms` is the whole call, transfers included. Counted are the bytes and operations that
// no implementation could do without (bench/kernels says which); `roof`, their share of the limit that binds, is above 1 where
// a cache holds the tables or a kernel reads more than it writes. On wasm skip-gram runs on all threads and is set against
// their limits together; the others run on one, and are set against the limits of one.
//
// Options: --rows of each table (default 65,536 on wasm, 262,144 on a GPU, 4,096 on a software adapter), --runs that each median
// is of; --write puts table and chart into bench/RESULTS.md and bench/kernels.svg.

import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import type { Roof } from '../kernels/index.ts'
import { openWasm } from '../kernels/wasm/device.ts'
import { openWebGpu } from '../kernels/webgpu/device.ts'
import { apply } from './kernels/apply.ts'
import { roofChart } from './kernels/chart.ts'
import { checkRows } from './kernels/check-rows.ts'
import { initRows } from './kernels/init-rows.ts'
import {
  betterRoofs,
  measureKernel,
  type Roofs,
  rowOf,
  type Stand,
  type Timing
} from './kernels/measure-kernel.ts'
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
  const before = await stand.measureRoofs()
  const timings: Timing[] = []
  for (const kernel of [skipGram, pack, apply, nearest, initRows, checkRows]) {
    timings.push(await measureKernel(kernel, stand))
  }
  const roofs = betterRoofs(before, await stand.measureRoofs())
  const { rows } = stand.shape
  note(`${stand.label}: ${stand.about}; ${rows} rows of ${dim}, ${queries} queries; ${limits(roofs)}`)
  for (const timing of timings) report.add(rowOf(timing, stand.label, roofs))
}
report.close()
if (values.write) {
  writeFileSync(new URL('kernels.svg', import.meta.url), roofChart(report.rows))
  const chart = '![Share of the measured limit that each kernel reaches](kernels.svg)'
  writeSection('kernels', loaded, [...notes, markdownTable(report.rows), chart])
}

/** A device by name; undefined, and said so, where it does not open. */
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
  const measure = async (count: number) => {
    const device = await openWasm({ threads: count })
    const roof = await device.measureRoof()
    await device.close()
    return roof
  }
  const device = await openWasm({ threads })
  await device.close()
  return {
    label: 'wasm',
    about: device.name,
    open: () => openWasm({ threads }),
    async measureRoofs() {
      const all = await measure(threads)
      return { all, one: threads === 1 ? all : await measure(1) }
    },
    shape: { rows: rowsOr(65_536), dim, queries, batches: 16 },
    runs
  }
}

async function webGpuStand(): Promise<Stand & { about: string }> {
  const device = await openWebGpu({ software: true })
  const { name, hardware } = device
  await device.close()
  return {
    label: hardware ? 'webgpu' : 'webgpu (software)',
    about: name,
    open: () => openWebGpu({ software: true, timing: true }),
    async measureRoofs() {
      const device = await openWebGpu({ software: true })
      const roof = await device.measureRoof()
      await device.close()
      return { all: roof, one: roof }
    },
    shape: { rows: rowsOr(hardware ? 262_144 : 4096), dim, queries, batches: hardware ? 32 : 2 },
    runs
  }
}

function limits({ all, one }: Roofs): string {
  const text = ({ copyGBps, peakGFlops }: Roof) =>
    `${copyGBps.toFixed(1)} GB/s copied, ${peakGFlops.toFixed(0)} GFLOP/s`
  return all.copyGBps === one.copyGBps ? text(all) : `${text(all)}, on one thread ${text(one)}`
}

/** Something a reader of the figures should know. */
function note(text: string): void {
  notes.push(text)
  report.say(text)
}
