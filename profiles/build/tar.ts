const BLOCK_SIZE = 512;

function formatOctal(value: number, width: number): string {
  return `${value.toString(8).padStart(width - 1, '0')}\0`;
}

/** Builds a header of the ustar format (POSIX 1003.1), without owner and time. */
function buildHeader(name: string, size: number): Buffer {
  if (Buffer.byteLength(name) > 100) throw new Error(`${name} is too long for a tar header.`);
  const block = Buffer.alloc(BLOCK_SIZE);
  block.write(name, 0);
  block.write(formatOctal(0o644, 8), 100);
  block.write(formatOctal(0, 8), 108);
  block.write(formatOctal(0, 8), 116);
  block.write(formatOctal(size, 12), 124);
  block.write(formatOctal(0, 12), 136);
  block.write(' '.repeat(8), 148);
  block.write('0', 156);
  block.write('ustar\x0000', 257);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return block;
}

/** Builds a tar archive of text files, by path. */
export function buildTar(files: ReadonlyMap<string, string>): Buffer {
  const blocks = [...files].flatMap(([name, content]) => {
    const body = Buffer.from(content);
    return [
      buildHeader(name, body.length),
      body,
      Buffer.alloc((BLOCK_SIZE - (body.length % BLOCK_SIZE)) % BLOCK_SIZE),
    ];
  });
  return Buffer.concat([...blocks, Buffer.alloc(2 * BLOCK_SIZE)]);
}
