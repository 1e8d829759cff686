import type { Device, DeviceKind } from './contract.ts'
import { openWasm, type WasmOptions } from './wasm/device.ts'

/** Which device to open; `auto` is a hardware WebGPU adapter where there is one, else WASM. */
export type DeviceChoice = DeviceKind | 'auto'

export interface OpenedDevice {
  readonly device: Device
  /** Why it is this one, in a sentence. */
  readonly why: string
}

/**
 * Opens a device. A software WebGPU adapter is slower than WASM, so it is opened only where `webgpu` is asked for.
 * @throws Error where the device asked for by name cannot be opened; NoAdapterError where there is no adapter.
 */
export async function openDevice(
  choice: DeviceChoice = 'auto',
  options: WasmOptions = {}
): Promise<OpenedDevice> {
  if (choice === 'wasm') return { device: await openWasm(options), why: 'wasm was asked for by name' }
  if (choice === 'webgpu') {
    const { openWebGpu } = await import('./webgpu/device.ts')
    return { device: await openWebGpu({ software: true }), why: 'webgpu was asked for by name' }
  }

  const found = await openHardware()
  if (typeof found !== 'string') return { device: found, why: `${found.name} is a hardware WebGPU adapter` }
  return { device: await openWasm(options), why: `${found}, so the processors are used` }
}

/** A device on a hardware adapter, or why there is none. */
async function openHardware(): Promise<Device | string> {
  // Loaded only here: Dawn costs time and memory that WASM does not need.
  const { NoAdapterError, openWebGpu } = await import('./webgpu/device.ts')
  try {
    const device = await openWebGpu()
    if (device.hardware) return device
    await device.close()
    return `the only WebGPU adapter, ${device.name}, is software`
  } catch (error) {
    if (error instanceof NoAdapterError) return 'this machine has no WebGPU adapter'
    return `WebGPU cannot be used (${error instanceof Error ? error.message : error})`
  }
}
