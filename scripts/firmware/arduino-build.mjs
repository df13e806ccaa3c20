// Compiles the Arduino library and the sketch as the Arduino core would, against test/board/arduino-declarations: a compile
// check, with a look at what became of the core's arithmetic.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../lib/ready.mjs';
import { makeArduinoLibrary } from '../make-arduino-library.mjs';
import { free } from './budget.mjs';
import { functions, sections } from './disassembly.mjs';
import { run } from './toolchains.mjs';

/** What the core arduino:mbed_nano gives the compiler for a Nano 33 BLE (its cxxflags.txt), as far as it changes the code. */
const arduinoFlags = [
  '-std=gnu++14',
  '-mcpu=cortex-m4',
  '-mthumb',
  '-mfloat-abi=softfp',
  '-mfpu=fpv4-sp-d16',
  '-Os',
  '-fno-rtti',
  '-fno-exceptions',
  '-fdata-sections',
  '-ffunction-sections',
  '-fno-delete-null-pointer-checks',
  '-fomit-frame-pointer',
  '-funsigned-char',
  '-DARDUINO=10819',
  '-DARDUINO_ARCH_MBED',
  '-DARDUINO_ARDUINO_NANO33BLE',
];
const ours = ['-ffreestanding', '-Wall', '-Wextra', '-Wno-unused-parameter', '-Werror'];
const declarations = join(root, 'test/board/arduino-declarations');
const compile = (source, to, flags) =>
  run('arm-none-eabi-g++', [...arduinoFlags, ...ours, ...flags, '-isystem', declarations, '-c', source, '-o', to]);

/** Fused multiply-adds by function of the core. */
function fusedIn(object) {
  const found = [];
  for (const [name, code] of functions(object)) {
    if (!/^_ZN?K?(2fl|8fl_board)/.test(name)) continue;
    const fused = code.filter(({ mnemonic }) => /^vfn?m[as]/.test(mnemonic)).length;
    if (fused > 0) found.push([name, fused]);
  }
  return found;
}

const bytesOf = (object, pattern) =>
  [...sections(object)].filter(([name]) => pattern.test(name)).reduce((sum, [, bytes]) => sum + bytes, 0);

/**
 * The library's unit as it is and without its first line, and the sketch for each kind of board.
 * @param {string} folder where to lay everything
 */
function buildForArduino(folder) {
  const { library, sketch } = makeArduinoLibrary(folder);
  const source = join(library, 'src/firmware/arduino/fl_board.cpp');
  const object = join(folder, 'fl_board.o');
  compile(source, object, ['-I', join(library, 'src')]);

  const text = readFileSync(source, 'utf8');
  const [first, ...rest] = text.split('\n');
  const bare = join(library, 'src/firmware/arduino/bare.cpp');
  writeFileSync(bare, rest.join('\n'));
  const bareObject = join(folder, 'bare.o');
  compile(bare, bareObject, ['-I', join(library, 'src')]);

  // As the Arduino builder does: the sketch is a unit of C++ that begins with Arduino.h.
  const unit = join(sketch, 'nano33ble.ino.cpp');
  writeFileSync(unit, `#include <Arduino.h>\n${readFileSync(join(sketch, 'nano33ble.ino'), 'utf8')}`);
  const sketches = [];
  for (const kind of [0, 1, 2, 3, 4]) {
    for (const tflm of [0, 1]) {
      const to = join(folder, `sketch-${kind}-${tflm}.o`);
      const settings = [
        `-DFL_SENSORS=${kind}`,
        `-DFL_TFLM=${tflm}`,
        '-isystem',
        join(root, 'test/board/tflm-declarations'),
      ];
      compile(unit, to, ['-I', join(library, 'src'), ...settings]);
      sketches.push({
        kind,
        tflm,
        fused: fusedIn(to),
        flash: bytesOf(to, /^\.(text|rodata|data)/),
        ram: bytesOf(to, /^\.(bss|data)/),
      });
    }
  }
  return {
    first,
    fused: fusedIn(object),
    fusedWithout: fusedIn(bareObject),
    core: { flash: bytesOf(object, /^\.(text|rodata|data)/), ram: bytesOf(object, /^\.(bss|data)/) },
    sketches,
    free,
  };
}

console.log(JSON.stringify(buildForArduino(join(root, 'build/arduino-check'))));
