import { Command } from 'commander'
import type { DeviceChoice, OpenedDevice } from '../../kernels/index.ts'
import { describe } from './exit.ts'
import { threadsOption } from './options.ts'

/** `tensair doctor`: what each device is and can do, and which one `auto` takes. */
export function doctor(): Command {
  return new Command('doctor')
    .description(
      'says what each device of this machine is and can do, measured, and which one auto would choose'
    )
    .addOption(threadsOption())
    .action(async ({ threads }: { threads: number }) => {
      const { openDevice } = await import('../../kernels/index.ts')
      // First: a software adapter that is brought along for `webgpu` would be found afterwards.
      const { device, why } = await openDevice('auto', { threads })
      await device.close()
      for (const kind of ['webgpu', 'wasm'] as const) {
        const lines = await examine(kind, () => openDevice(kind, { threads }))
        console.log(`${lines.join('\n')}\n`)
      }
      console.log(`auto would choose ${device.kind}: ${why}`)
    })
}

async function examine(kind: DeviceChoice, open: () => Promise<OpenedDevice>): Promise<string[]> {
  let opened: OpenedDevice
  try {
    opened = await open()
  } catch (error) {
    return [`${kind}: absent`, `  ${describe(error)}`]
  }
  const { device } = opened
  const lines = [`${kind}: ${device.name}`]
  const tell = (name: string, value: string) => lines.push(`  ${name.padEnd(36)} ${value}`)
  for (const [name, value] of device.facts) tell(name, value)
  tell('same calls give the same bits', device.deterministic ? 'yes' : 'no')
  try {
    const { copyGBps, peakGFlops } = await device.measureRoof()
    tell('copy bandwidth, measured', `${copyGBps.toFixed(1)} GB/s (read + written)`)
    tell('arithmetic peak, measured', `${peakGFlops.toFixed(1)} GFLOP/s (f32 multiply-add)`)
  } catch (error) {
    lines.push(`  not measured: ${describe(error)}`)
  }
  await device.close()
  return lines
}
