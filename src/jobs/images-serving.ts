import type { ImagesModel } from './images-model.ts'
import type { ImagesOptions } from './images-options.ts'

/** The network as it is at any moment, over HTTP. */
export interface ImagesServing {
  readonly url: string
  close(): Promise<void>
}

/** Answers `POST /predict` on the port asked for, if one is, while the network learns. `version` says how far it has learned. */
export async function serveImages(
  { replica, data: { classes, shape } }: ImagesModel,
  { serve: port, scale }: Pick<ImagesOptions, 'serve' | 'scale'>,
  version: () => number
): Promise<ImagesServing | undefined> {
  if (port === undefined) return undefined
  // Not at the top: they need Node.
  const { servePredictions } = await import('../serving/server.ts')
  const { imageInputs } = await import('../serving/server-images.ts')
  const input = [shape.height, shape.width, shape.channels]
  const decodeImage = imageInputs(input, scale)
  return servePredictions(replica, {
    port,
    input,
    output: [classes.length],
    classes,
    version,
    ...(decodeImage !== undefined && { decodeImage })
  })
}
