import { eachDot, GLYPH_HEIGHT, GLYPH_WIDTH } from './bitmap-font.ts'

/** An image and what was made of it. */
export interface PredictedImage {
  readonly pixels: Uint8Array // [height, width, channels]
  readonly height: number
  readonly width: number
  /** 1: grey; 3: red, green, blue. */
  readonly channels: number
  /** The name of its class. */
  readonly truth: string
  /** The name of the class predicted. */
  readonly predicted: string
}

/** A picture in red, green and blue. */
export interface Sheet {
  readonly width: number
  readonly height: number
  readonly data: Uint8Array // [height, width, 3]
}

type Colour = readonly [red: number, green: number, blue: number]

const PAPER: Colour = [255, 255, 255]
const INK: Colour = [40, 40, 40]
const GREEN: Colour = [30, 150, 60]
const RED: Colour = [200, 40, 40]

const FRAME = 3
const GAP = 8
const LINE = GLYPH_HEIGHT + 2
/** Width in pixels to which small images are enlarged, about: 16 letters. */
const TILE = 96

/**
 * Draws images of one size, at least one, in a grid, row by row, small ones enlarged by a whole number: each in a frame that is green where the
 * prediction is right and red where it is not, above the name of its class and, where it is not right, of the class predicted.
 */
export function drawSheet(images: readonly PredictedImage[], columns: number): Sheet {
  const [first] = images
  const scale = enlargement(first)
  const tileWidth = first.width * scale + 2 * FRAME
  const tileHeight = first.height * scale + 2 * FRAME + 1 + 2 * LINE
  const across = Math.min(columns, images.length)
  const width = GAP + across * (tileWidth + GAP)
  const height = GAP + Math.ceil(images.length / across) * (tileHeight + GAP)
  const canvas = new Canvas(width, height)
  for (const [i, image] of images.entries()) {
    const x = GAP + (i % across) * (tileWidth + GAP)
    const y = GAP + Math.floor(i / across) * (tileHeight + GAP)
    const right = image.truth === image.predicted
    canvas.fill(x, y, tileWidth, image.height * scale + 2 * FRAME, right ? GREEN : RED)
    canvas.image(image, x + FRAME, y + FRAME, scale)
    const line = y + image.height * scale + 2 * FRAME + 3
    canvas.text(image.truth, x, line, tileWidth, INK)
    if (!right) canvas.text(image.predicted, x, line + LINE, tileWidth, RED)
  }
  return canvas
}

/** How many pixels wide and high a pixel of an image is drawn. */
export function enlargement({ width }: PredictedImage): number {
  return Math.max(1, Math.round(TILE / width))
}

class Canvas implements Sheet {
  readonly width: number
  readonly height: number
  readonly data: Uint8Array

  constructor(width: number, height: number) {
    this.width = width
    this.height = height
    this.data = new Uint8Array(width * height * 3)
    this.fill(0, 0, width, height, PAPER)
  }

  fill(left: number, top: number, width: number, height: number, colour: Colour): void {
    for (let y = top; y < top + height; y++) for (let x = left; x < left + width; x++) this.#set(x, y, colour)
  }

  image({ pixels, height, width, channels }: PredictedImage, left: number, top: number, scale: number): void {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const at = (y * width + x) * channels
        const grey = pixels[at]
        const colour: Colour = channels === 3 ? [grey, pixels[at + 1], pixels[at + 2]] : [grey, grey, grey]
        this.fill(left + x * scale, top + y * scale, scale, scale, colour)
      }
    }
  }

  /** Letters that do not fit into `width` are left out. */
  text(text: string, left: number, top: number, width: number, colour: Colour): void {
    const fitting = text.slice(0, Math.floor((width + 1) / (GLYPH_WIDTH + 1)))
    eachDot(fitting, (x, y) => this.#set(left + x, top + y, colour))
  }

  #set(x: number, y: number, [red, green, blue]: Colour): void {
    const at = (y * this.width + x) * 3
    this.data[at] = red
    this.data[at + 1] = green
    this.data[at + 2] = blue
  }
}
