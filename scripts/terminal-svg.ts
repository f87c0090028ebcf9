/** A terminal's cells as an SVG picture: text stays text, so it is sharp at any size and can be searched. */
import xterm from "@xterm/headless";

export interface Picture {
  readonly columns: number;
  readonly rows: number;
  /** What the terminal received, escapes included. */
  readonly bytes: string;
  /** For readers who do not see the picture. */
  readonly title: string;
}

const cellWidth = 8.4;
const cellHeight = 18;
const padding = 14;
const fontSize = 14;
const background = "#16181d";
const foreground = "#d7dae0";
/** The sixteen colours a terminal theme defines, in their order: black … white, then the bright ones. */
const palette = [
  "#3b4048",
  "#e5707a",
  "#8fc77e",
  "#e0c07a",
  "#6cb0ee",
  "#c58be0",
  "#62bcc6",
  "#c3c8d1",
  "#7d8590",
  "#f0878f",
  "#a5d796",
  "#ecd193",
  "#8ac3f5",
  "#d6a6ec",
  "#82d0d9",
  "#ffffff",
] as const;

interface Run {
  readonly column: number;
  text: string;
  readonly style: string;
  readonly background: string | null;
  width: number;
}

export async function terminalSvg(picture: Picture): Promise<string> {
  const { columns, rows, title } = picture;
  const terminal = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true, scrollback: 0 });
  await new Promise<void>((resolve) => terminal.write(picture.bytes, resolve));
  const width = Math.ceil(columns * cellWidth + 2 * padding);
  const height = rows * cellHeight + 2 * padding;
  const lines: string[] = [];
  for (let row = 0; row < rows; row += 1) {
    for (const run of runsOf(terminal.buffer.active.getLine(row), columns)) {
      const x = (padding + run.column * cellWidth).toFixed(1);
      const y = padding + row * cellHeight;
      const length = (run.width * cellWidth).toFixed(1);
      if (run.background !== null) {
        lines.push(`<rect x="${x}" y="${y}" width="${length}" height="${cellHeight}" fill="${run.background}"/>`);
      }
      if (run.text.trim() === "") continue;
      // `textLength` keeps columns aligned whatever font the reader has.
      const place = `x="${x}" y="${y + 13}" textLength="${length}" lengthAdjust="spacingAndGlyphs"`;
      lines.push(`<text ${place} ${run.style}>${escaped(run.text)}</text>`);
    }
  }
  terminal.dispose();
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">`,
    `<title>${escaped(title)}</title>`,
    `<rect width="100%" height="100%" rx="8" fill="${background}"/>`,
    `<g font-family="ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace" font-size="${fontSize}" xml:space="preserve">`,
    ...lines,
    "</g>",
    "</svg>",
    "",
  ].join("\n");
}

type Line = ReturnType<InstanceType<typeof xterm.Terminal>["buffer"]["active"]["getLine"]>;
type Cell = NonNullable<ReturnType<NonNullable<Line>["getCell"]>>;

/** Neighbours that look alike are one text. */
function runsOf(line: Line, columns: number): readonly Run[] {
  const runs: Run[] = [];
  for (let column = 0; column < columns; column += 1) {
    const cell = line?.getCell(column);
    // The second half of a wide character has no width of its own.
    if (cell === undefined || cell.getWidth() === 0) continue;
    const inverse = cell.isInverse() !== 0;
    const front = colour(cell, "front") ?? foreground;
    const back = colour(cell, "back");
    const style = styleOf(cell, inverse ? (back ?? background) : front);
    const fill = inverse ? front : back;
    const last = runs.at(-1);
    const text = cell.getChars() || " ";
    const adjoins = last !== undefined && last.column + last.width === column;
    if (adjoins && last.style === style && last.background === fill) {
      last.text += text;
      last.width += cell.getWidth();
    } else runs.push({ column, text, style, background: fill, width: cell.getWidth() });
  }
  return runs;
}

function styleOf(cell: Cell, fill: string): string {
  const parts = [`fill="${fill}"`];
  if (cell.isBold() !== 0) parts.push('font-weight="bold"');
  if (cell.isDim() !== 0) parts.push('opacity="0.6"');
  if (cell.isUnderline() !== 0) parts.push('text-decoration="underline"');
  return parts.join(" ");
}

function colour(cell: Cell, side: "front" | "back"): string | null {
  const isDefault = side === "front" ? cell.isFgDefault() : cell.isBgDefault();
  if (isDefault) return null;
  const value = side === "front" ? cell.getFgColor() : cell.getBgColor();
  const isRgb = side === "front" ? cell.isFgRGB() : cell.isBgRGB();
  if (isRgb) return `#${value.toString(16).padStart(6, "0")}`;
  return palette[value] ?? cube(value);
}

/** The 6×6×6 cube and the grey ramp of the 256 colours. */
function cube(value: number): string {
  if (value >= 232) {
    const grey = (8 + (value - 232) * 10).toString(16).padStart(2, "0");
    return `#${grey}${grey}${grey}`;
  }
  const level = (part: number): string => (part === 0 ? 0 : 55 + part * 40).toString(16).padStart(2, "0");
  const index = value - 16;
  return `#${level(Math.floor(index / 36))}${level(Math.floor(index / 6) % 6)}${level(index % 6)}`;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
