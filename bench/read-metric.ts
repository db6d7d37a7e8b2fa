/** One counter or gauge, summed over its labels; 0 where it is not there yet. */
export async function readMetric(metricsUrl: string, name: string): Promise<number> {
  const text = await (await fetch(metricsUrl)).text();
  return text.split('\n').reduce((sum, line) => {
    const [, found, value] = /^(\w+)(?:\{.*\})? (\S+)/.exec(line) ?? [];
    return found === name ? sum + Number(value) : sum;
  }, 0);
}
