import { openDevice } from '../kernels/index.ts'

/** What `--device webgpu` would open on this machine. */
export async function webGpuKind(): Promise<'hardware' | 'software' | 'none'> {
  try {
    const { device } = await openDevice('webgpu')
    await device.close()
    return 'hardware' in device && device.hardware === true ? 'hardware' : 'software'
  } catch {
    return 'none'
  }
}
