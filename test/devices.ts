import type { Device } from '../kernels/contract.ts'
import { openWasm } from '../kernels/wasm/device.ts'
import { openWebGpu } from '../kernels/webgpu/device.ts'

/** A way to open a device in a test. Both give the same bits for the same calls. */
export interface TestDevice {
  readonly name: string
  open(): Promise<Device>
}

/** The machine's GPU, or the software adapter of the development dependencies. */
export const webgpu: TestDevice = { name: 'webgpu', open: () => openWebGpu({ software: true }) }

/** The processors, on one thread. */
export const wasm: TestDevice = { name: 'wasm', open: () => openWasm({ threads: 1 }) }

/** The devices every kernel is tested on. */
export const devices: readonly TestDevice[] = [webgpu, wasm]
