import { examplesRun } from './examples';

examplesRun(4);
