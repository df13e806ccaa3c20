import { examplesRun } from './examples';

examplesRun(5);
