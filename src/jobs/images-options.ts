import { networkNames } from '../models/networks-names.ts'
import { detectorChoice } from './detector-option.ts'
import { swapPair, swapPoint } from './images-swap.ts'
import { z } from './job.ts'

const positive = (what: string) => z.number().int().min(1).describe(what)

/** The options of the images job. */
export const imagesOptions = z
  .object({
    data: z
      .string()
      .describe(
        "a folder: train and test, or none of them, with a folder of .jpg and .png images for each class; the .idx files of MNIST; or CIFAR-10's .bin files"
      ),
    network: z
      .enum(networkNames)
      .optional()
      .describe('a new network; default tutorial for colour images, small for grey ones'),
    model: z
      .string()
      .optional()
      .describe(
        'goes on with a saved network instead: a .keras or .h5 file, a model.json, or the folder with one'
      ),
    freeze: z
      .array(z.string())
      .default([])
      .describe(
        'layers that are not trained: the name of one, or a number for the first that have weights, all for all but the last; 0 frees all; default as the network was saved'
      ),
    newHead: z
      .boolean()
      .default(false)
      .describe(
        'gives a saved network a new last layer, of as many values as there are classes; to train that alone: --freeze all'
      ),
    scale: z
      .enum(['unit', 'signed', 'bytes'])
      .default('unit')
      .describe('what the network sees of pixels, 0 to 1, -1 to 1, or 0 to 255'),
    mode: z
      .enum(['always', 'when-needed', 'never'])
      .default('always')
      .describe(
        'when it is trained; when-needed: each image is predicted first, and learned up to convergence and after a drift'
      ),
    epochs: positive('passes over the images').default(10),
    batch: positive('images in a step').max(4096).default(64),
    optimizer: z.enum(['adam', 'momentum', 'sgd']).default('adam').describe('the rule of the steps'),
    rate: z
      .number()
      .positive()
      .max(100)
      .optional()
      .describe('learning rate; default 0.001 for adam, 0.02 for momentum, 0.1 for sgd'),
    schedule: z
      .enum(['constant', 'step', 'cosine'])
      .default('constant')
      .describe('course of the rate; cosine falls to nothing at the last epoch'),
    decay: z.number().positive().max(1).default(0.1).describe('what step multiplies the rate by'),
    decayEvery: z.number().positive().default(3).describe('epochs after which it does'),
    warmUp: z
      .number()
      .min(0)
      .default(0)
      .describe('epochs, or a part of one, in which the rate rises at first'),
    flip: z.boolean().default(false).describe('mirrors every other image, by chance, before it is learned'),
    shift: z
      .number()
      .int()
      .min(0)
      .default(0)
      .describe('pixels by which an image is moved at most, by chance, before it is learned'),
    holdOut: z
      .number()
      .gt(0)
      .lt(1)
      .optional()
      .describe(
        "share of the training images that is kept back to test with; default the set's own test images, or 0.1 where it has none"
      ),
    patience: positive(
      'ends the run early, once the held-out loss has not moved for so many epochs; default never'
    ).optional(),
    tolerance: z.number().min(0).default(0.01).describe('most that it may move and count as not moving'),
    detector: z
      .string()
      .default('optwin:rho=1,confidence=0.95,maxWindow=200')
      .transform(detectorChoice)
      .describe(
        'what finds drifts in the mean losses of mini-batches, for when-needed: optwin, adwin, pageHinkley or kswin, and its options'
      ),
    convergeOver: positive(
      'mini-batches whose mean loss, and that of as many before, ends a training'
    ).default(100),
    convergeWithin: z.number().positive().default(0.05).describe('most by which these may differ then'),
    swap: z
      .array(z.string().transform(swapPair))
      .default([])
      .describe('a drift for demonstrations: two classes whose labels are swapped, as cat:dog or 3:5'),
    swapAt: z
      .array(z.string().transform(swapPoint))
      .default([])
      .describe(
        'where: a number of images, or of mini-batches as 1000b, over all epochs; at each the next of --swap, round the list, so that one pair is swapped and swapped back'
      ),
    samples: z.number().int().min(0).max(400).default(36).describe('predictions shown at the end'),
    serve: z
      .number()
      .int()
      .min(0)
      .max(65_535)
      .optional()
      .describe('a port of this machine where the network is asked while it learns: POST /predict; 0 is any'),
    output: z
      .string()
      .default('.tensair/images')
      .describe('the folder for the network, the confusion matrix and the samples'),
    resume: z
      .boolean()
      .default(false)
      .describe('goes on where the run that saved in --output stopped; give its other options again'),
    overwrite: z.boolean().default(false).describe('puts the network in the place of one that is there'),
    seed: z
      .number()
      .int()
      .min(0)
      .max(2 ** 31)
      .default(1)
      .describe('of the first weights and the order of the images')
  })
  .superRefine(async (options, { addIssue }) => {
    const { network, model, freeze, newHead, mode, output, resume, overwrite, swap, swapAt } = options
    const wrong = (option: string, message: string) => addIssue({ code: 'custom', path: [option], message })
    if (network !== undefined && model !== undefined)
      wrong('network', 'is for a new network, and --model for a saved one; give one of them')
    if (freeze.length > 0 && model === undefined)
      wrong('freeze', 'is for a saved network; give one with --model')
    if (newHead && (model === undefined || mode === 'never'))
      wrong('newHead', 'is for a saved network that goes on learning; give one with --model')
    if (mode === 'never' && model === undefined)
      wrong('mode', 'wants a network that has learned already; give one with --model')
    if (resume && (network !== undefined || model !== undefined || mode === 'never'))
      wrong(
        'resume',
        'goes on to train the network in --output; leave out --network, --model and --mode never'
      )
    if ((swap.length === 0) !== (swapAt.length === 0))
      wrong('swapAt', 'says where labels are swapped, and --swap which; give both, or none')
    if (resume && swapAt.length > 0)
      wrong('swapAt', 'counts from the start of a run; leave it out with --resume')
    const saved = mode === 'never' || (!resume && overwrite) ? undefined : await hasNetwork(output)
    if (saved === true && !resume)
      wrong('output', 'holds a network already; give another folder, or --resume or --overwrite')
    if (saved === false && resume) wrong('resume', 'there is no network in --output; start without it')
  })

export type ImagesOptions = z.output<typeof imagesOptions>

async function hasNetwork(folder: string): Promise<boolean> {
  // Not at the top: what reads folders needs Node.
  const { fileStore } = await import('../sinks/file-store.ts')
  return (await fileStore(folder).size('model.json')) !== undefined
}
