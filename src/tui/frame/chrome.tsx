/**
 * Ink, kept to what it is good at: laying out the frame. It renders in debug mode into memory (whole frames, no
 * escapes of its own) and only for a structure it has not laid out before; the screen layer does the rest. Measured
 * 2026-11 at 120x40 with 200 updates/s: 9.5 % of a core this way, 46 % with a list drawn by Ink. No text passes
 * through it: a key that changes a word in a line must not wait 15 ms and more for a layout that stays the same.
 */
import { PassThrough, Writable } from "node:stream";
import { Box, render, Text } from "ink";
import type { ReactElement } from "react";
import { frameShape, type Frame, type FramePart } from "./frame.ts";
import { paneMark } from "./markers.ts";

export interface ChromeRenderer {
  /** What Ink draws for this frame: lines joined with line feeds. Synchronous. */
  draw(frame: Frame): string;
  close(): void;
}

/** Every screen with and without its banners, in the two sizes between which somebody switches a window. */
const maxKept = 32;

export function createChromeRenderer(): ChromeRenderer {
  let output = "";
  const kept = new Map<string, string>();
  const sink = new Writable({
    decodeStrings: false,
    write(chunk, _encoding, done) {
      output = String(chunk);
      done();
    },
  });
  const stdout = Object.assign(sink, { columns: 80, rows: 24, isTTY: false });
  // Ink asks its streams for little more than size and `write`; the terminal itself is never handed to it.
  const streams = {
    stdout: stdout as unknown as NodeJS.WriteStream,
    stdin: Object.assign(new PassThrough(), { isTTY: false }) as unknown as NodeJS.ReadStream,
  };
  let instance: ReturnType<typeof render> | null = null;

  return {
    draw(frame) {
      const shape = frameShape(frame);
      const known = kept.get(shape);
      if (known !== undefined) return known;
      stdout.columns = frame.columns;
      stdout.rows = frame.rows;
      const tree = <FrameView frame={frame} />;
      if (instance === null) {
        instance = render(tree, { ...streams, debug: true, exitOnCtrlC: false, patchConsole: false });
      } else instance.rerender(tree);
      if (kept.size >= maxKept) kept.delete(kept.keys().next().value ?? "");
      kept.set(shape, output);
      return output;
    },
    close() {
      instance?.unmount();
      instance?.cleanup();
      instance = null;
    },
  };
}

function FrameView({ frame }: { readonly frame: Frame }): ReactElement {
  return (
    <Box flexDirection="column" width={frame.columns} height={frame.rows} overflow="hidden">
      {frame.parts.map((part, index) => (
        <PartView key={partKey(part, index)} part={part} columns={frame.columns} />
      ))}
    </Box>
  );
}

interface PartProps {
  readonly part: FramePart;
  readonly columns: number;
}

function PartView({ part, columns }: PartProps): ReactElement {
  const height = part.type === "pane" ? part.height : 1;
  return (
    <Box flexShrink={0} height={height} width={columns}>
      <Text wrap="truncate">{partText(part)}</Text>
    </Box>
  );
}

function partText(part: FramePart): string {
  if (part.type !== "pane") return paneMark("lines");
  return Array.from({ length: part.height }, () => paneMark(part.id)).join("\n");
}

function partKey(part: FramePart, index: number): string {
  return part.type === "pane" ? `pane-${part.id}` : `${part.type}-${index}`;
}
