import { theme } from 'antd';
import { useEffect, useRef } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';

/** One line, or one set of bars, of a plot. */
export type Series = { name: string; values: (number | null)[]; bars?: boolean; show(n: number): string };

/**
 * Values over x. What is drawn is said in words by `label`, and is to be found in a table
 * beside it: a drawing says nothing to who can't see it.
 */
export function Plot({
  x,
  series,
  label,
  of,
  at,
  height = 220,
}: {
  x: number[];
  series: Series[];
  label: string;
  of: string; // what x is
  at(x: number): string;
  height?: number;
}) {
  const box = useRef<HTMLDivElement>(null);
  const { token } = theme.useToken();
  useEffect(() => {
    const el = box.current;
    if (!el) return;
    const colours = [token.colorPrimary, token.colorSuccess, token.colorWarning, token.colorTextSecondary];
    const axis = { stroke: token.colorTextSecondary, grid: { stroke: token.colorBorderSecondary, width: 1 }, ticks: { show: false } };
    const plot = new uPlot(
      {
        width: el.clientWidth,
        height,
        cursor: { y: false },
        legend: { show: series.length > 1 || x.length > 1 },
        scales: {
          x: { time: false, range: (_, min, max) => [min - 0.5, Math.max(max, min + 1) + 0.5] },
          y: { range: (_, __, max) => [0, max > 0 ? max * 1.1 : 1] },
        },
        axes: [
          {
            ...axis,
            grid: { show: false },
            values: (_, ticks) => ticks.map((n) => (Number.isInteger(n) && n >= (x[0] ?? 0) && n <= (x.at(-1) ?? 0) ? at(n) : '')),
            space: 70,
          },
          { ...axis, values: (_, ticks) => ticks.map((n) => series[0]?.show(n) ?? ''), size: 84 },
        ],
        series: [
          { label: of, value: (_, n) => (n === null ? '' : at(n)) },
          ...series.map((s, i) => ({
            label: s.name,
            stroke: colours[i % colours.length],
            fill: s.bars ? `${colours[i % colours.length]}bb` : undefined,
            width: s.bars ? 0 : 2,
            paths: s.bars ? uPlot.paths.bars?.({ size: [0.7, 40], radius: 0.15 }) : undefined,
            points: { show: !s.bars && x.length < 40 },
            value: (_: uPlot, n: number | null) => (n === null ? '' : s.show(n)),
          })),
        ],
      },
      [x, ...series.map((s) => s.values)],
      el,
    );
    const watch = new ResizeObserver(() => plot.setSize({ width: el.clientWidth, height }));
    watch.observe(el);
    return () => {
      watch.disconnect();
      plot.destroy();
    };
  }, [x, series, of, at, height, token]);
  return <div ref={box} className="plot" role="img" aria-label={label} />;
}
