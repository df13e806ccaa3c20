/** Numbers, sizes and times as a person reads them; `of(key, values)` looks a text up. */
const wordsOf = (of) => {
  const number = (value) => {
    if (!Number.isFinite(value)) return '–';
    const size = Math.abs(value);
    if (size !== 0 && (size < 1e-3 || size >= 1e6)) return value.toExponential(2);
    return String(Number(value.toPrecision(3)));
  };
  const bytes = (count) => {
    const units = ['B', 'kB', 'MB', 'GB', 'TB'];
    let value = count;
    let unit = 0;
    while (value >= 1000 && unit < units.length - 1) {
      value /= 1000;
      unit++;
    }
    return `${unit === 0 ? value : value.toFixed(value < 10 ? 1 : 0)} ${units[unit]}`;
  };
  const span = (ms) => {
    if (ms < 1000) return of('span.ms', { count: Math.round(ms) });
    if (ms < 60_000) return of('span.seconds', { count: number(ms / 1000) });
    return of('span.minutes', { count: number(ms / 60_000) });
  };
  const ago = (ms) => {
    const seconds = Math.floor(ms / 1000);
    if (seconds < 5) return of('ago.now');
    if (seconds < 60) return of('ago.seconds', { count: seconds });
    if (seconds < 3600) return of('ago.minutes', { count: Math.floor(seconds / 60) });
    if (seconds < 86_400) return of('ago.hours', { count: Math.floor(seconds / 3600) });
    return of('ago.days', { count: Math.floor(seconds / 86_400) });
  };
  const phase = (line) => {
    const { phase: name, problem, hasModel, round, rounds, clients, cohort, answers } = line;
    if (name === 'off') return problem ?? of(hasModel ? 'phase.starting' : 'phase.noModel');
    const key = name === 'idle' && round > 1 ? 'paused' : name === 'collecting' && cohort === 0 ? 'resting' : name;
    return of(`phase.${key}`, { round, rounds, clients, cohort, answers });
  };
  /** Of a federation that is closed: what one looks for first. */
  const figures = ({ phase: name, clients, known, loss, figure, refused }) =>
    [
      ...(name === 'off' ? [] : [of(clients === known ? 'line.clients' : 'line.clientsOf', { clients, known })]),
      ...(figure
        ? [of('line.figure', { figure: of(`figure.${figure.figure}`), value: number(figure.value) })]
        : loss === undefined
          ? []
          : [of('clients.loss', { loss: number(loss) })]),
      ...(refused > 0 ? [of('line.refused', { refused })] : []),
    ].join(' · ');
  return { of, number, bytes, span, ago, phase, figures };
};
