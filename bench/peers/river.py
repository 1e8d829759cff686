"""Times river's detectors of drift on one stream of errors; prints one JSON object.

Usage: python3 river.py ERRORS (a file of the bytes 0 and 1; -I is not needed, the file is not taken for river's package by name)
"""

import json
import sys
from time import perf_counter

# This file's own folder would come first otherwise, and this file be taken for the package.
sys.path.pop(0)

import river
from river import drift

with open(sys.argv[1], 'rb') as file:
    errors = [int(byte) for byte in file.read()]

detectors = {
    'adwin': drift.ADWIN,
    'ddm': drift.binary.DDM,
    'eddm': drift.binary.EDDM,
    'pageHinkley': drift.PageHinkley,
}
results = {}
for name, make in detectors.items():
    detector = make()
    update = detector.update
    alarms = 0
    start = perf_counter()
    for error in errors:
        update(error)
        if detector.drift_detected:
            alarms += 1
    results[name] = {'seconds': perf_counter() - start, 'alarms': alarms}
print(json.dumps({'version': river.__version__, 'detectors': results}))
