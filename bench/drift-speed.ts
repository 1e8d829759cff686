import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { optwinCuts } from '../src/drift/optwin-cuts.ts'
import { contenders } from './drift-detectors.ts'
import { drawErrors } from './drift-streams.ts'
import { medianMs } from './measure.ts'
import { hasRiver, type RiverAnswer, runRiver } from './peers/river.ts'
import type { Report } from './report.ts'

const BAR = 2_000_000

/** Adds how long OPTWIN's table for its default window takes, in a process that has computed none. */
export function measureTable(report: Report): void {
  const start = performance.now()
  optwinCuts({ confidence: 0.99, warningConfidence: 0.98, rho: 0.5, minWindow: 30, maxWindow: 25_000 })
  const value = performance.now() - start
  report.add({ bench: 'drift', name: 'table', detector: 'optwin ρ 0.5', value, unit: 'ms', bar: 1000 })
}

/** Adds how many updates a second each detector takes, and river's of the same name, where `python` has it. */
export async function measureUpdates(report: Report, updates: number, python: string): Promise<void> {
  const errors = drawErrors(() => 0.2, updates, 1)
  const river = await riverOn(errors, python)
  if (river === undefined) {
    const how = 'python3 -m venv V && V/bin/pip install river, then --python V/bin/python'
    report.say(`drift: ${python} has no river to compare with: ${how}`)
  }
  for (const { name, make } of contenders) {
    // KSWIN takes thirty times as long as the others.
    const watched = name === 'kswin' ? errors.slice(0, updates / 10) : errors
    let drifts: number | undefined
    const watch = () => {
      const detector = make()
      let found = 0
      for (const error of watched) if (detector.update(error) === 'drift') found++
      drifts ??= found
      if (found !== drifts)
        throw new Error(`drift: ${name} found ${drifts} drifts, then ${found} in the same stream`)
    }
    const value = (watched.length / (await medianMs(watch, { warmups: 1, runs: 5 }))) * 1000
    const theirs = river?.detectors[name]
    report.add({
      bench: 'drift',
      name: 'updates',
      detector: name,
      value,
      unit: 'updates/s',
      bar: /optwin|adwin/.test(name) ? BAR : undefined,
      ...(theirs === undefined
        ? {}
        : { peer: `river ${river?.version}`, ratio: (value * theirs.seconds) / updates })
    })
  }
}

async function riverOn(errors: readonly number[], python: string): Promise<RiverAnswer | undefined> {
  if (!hasRiver(python)) return undefined
  const folder = mkdtempSync(join(tmpdir(), 'tensair-bench-'))
  try {
    const file = join(folder, 'errors')
    writeFileSync(file, Uint8Array.from(errors))
    return await runRiver(python, file)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
