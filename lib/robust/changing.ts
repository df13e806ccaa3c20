/** Methods of a filter that send something else in place of an update (msg.fl.score.method). */
export const changing: readonly string[] = ['norm-clip', 'centered-clip', 'fltrust'];
