import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { repositoryRoot } from '../../scripts/lib/node-red-process';

interface ArduinoBuild {
  first: string;
  fused: [string, number][];
  fusedWithout: [string, number][];
  core: { flash: number; ram: number };
  sketches: { kind: number; tflm: number; fused: [string, number][]; flash: number; ram: number }[];
  free: { flashBytes: number; ramBytes: number };
}

/** What scripts/firmware/arduino-build.mjs says. */
function buildForArduino(): ArduinoBuild {
  const built = spawnSync(process.execPath, [join(repositoryRoot, 'scripts/firmware/arduino-build.mjs')], {
    encoding: 'utf8',
  });
  assert.equal(built.status, 0, built.stderr);
  return JSON.parse(built.stdout) as ArduinoBuild;
}

describe('the Arduino sketch (a compile check against declarations, not the Arduino core)', function () {
  this.timeout(900_000);
  let built: ArduinoBuild;
  before(() => {
    built = buildForArduino();
  });

  it('compiles with the flags of the Arduino core, for every kind of board, with and without TensorFlow Lite Micro', () => {
    assert.deepEqual(
      built.sketches.map(({ kind, tflm }) => `${kind} ${tflm}`),
      [0, 1, 2, 3, 4].flatMap((kind) => [`${kind} 0`, `${kind} 1`]),
    );
  });

  it('fuses no multiply-add in the core', () => {
    assert.deepEqual(built.fused, []);
    for (const { fused } of built.sketches) assert.deepEqual(fused, []);
  });

  it('would fuse some without the first line of fl_board.cpp', () => {
    assert.match(built.first, /^#pragma GCC optimize/);
    assert.ok(built.fusedWithout.length > 3, 'the check sees nothing');
  });

  it('leaves Mbed and the libraries of the sensors what they need', () => {
    const { core, sketches, free } = built;
    for (const { kind, tflm, flash, ram } of sketches) {
      const both = { flash: core.flash + flash, ram: core.ram + ram };
      console.log(
        `      sensors ${kind}${tflm ? ', adapter for TFLM' : ''}: flash ${both.flash} B of ${free.flashBytes}, ` +
          `RAM ${both.ram} B of ${free.ramBytes} (what is reserved for Mbed is taken off)`,
      );
      assert.ok(both.flash > 20_000 && both.flash <= free.flashBytes);
      assert.ok(both.ram > 100_000 && both.ram <= free.ramBytes);
    }
  });
});
