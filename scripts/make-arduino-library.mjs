// core/ and firmware/ -> build/arduino/: libraries/FlBoard, a library folder for the Arduino IDE, arduino-cli and PlatformIO,
// and beside it the sketch nano33ble. docs/board.md goes on from there.
import { cpSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

/** Headers of a folder of the repository, however deep. */
const headers = (folder) =>
  readdirSync(join(root, folder), { recursive: true })
    .filter((file) => file.endsWith('.h'))
    .map((file) => join(folder, file));

/** Paths of the library's folder and of the sketch's. */
export function makeArduinoLibrary(output = join(root, 'build/arduino')) {
  const library = join(output, 'libraries/FlBoard');
  const sketch = join(output, 'nano33ble');
  for (const folder of [library, sketch]) rmSync(folder, { recursive: true, force: true });
  const lay = (file, to) => {
    mkdirSync(dirname(to), { recursive: true });
    cpSync(join(root, file), to);
  };
  // Folders keep their names, so that no include changes; of the units only fl_board.cpp, which includes all else.
  for (const file of [
    ...headers('core'),
    ...['shared', 'arduino', 'tflm'].flatMap((name) => headers(`firmware/${name}`)),
  ]) {
    if (!file.endsWith('/FlBoard.h')) lay(file, join(library, 'src', file));
  }
  lay('firmware/arduino/fl_board.cpp', join(library, 'src/firmware/arduino/fl_board.cpp'));
  lay('firmware/arduino/FlBoard.h', join(library, 'src/FlBoard.h'));
  lay('firmware/arduino/library.properties', join(library, 'library.properties'));
  lay('LICENSE', join(library, 'LICENSE'));
  for (const file of readdirSync(join(root, 'firmware/nano33ble')))
    lay(join('firmware/nano33ble', file), join(sketch, file));
  return { library, sketch };
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { library, sketch } = makeArduinoLibrary();
  console.log(`library: ${library}\nsketch:  ${sketch}`);
}
