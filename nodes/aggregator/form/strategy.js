/** How updates become the next model. */
const strategySection = () => ({
  defaults: {
    strategy: { value: 'fedavg' },
  },
  numbers: [],
  switches: ['strategy'],
});
