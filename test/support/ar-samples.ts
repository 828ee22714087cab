/** The header of an ar member, with the size as given. */
export function arHeader(name: string, size: string): Buffer {
  const fields = [name.padEnd(16), '0'.padEnd(12), '0'.padEnd(6), '0'.padEnd(6), '100644'.padEnd(8)];
  return Buffer.from(`${fields.join('')}${size.padEnd(10)}\`\n`, 'latin1');
}

/** An ar archive with these names and contents, right or wrong. */
export function arArchive(members: readonly (readonly [string, string | Uint8Array])[]): Buffer {
  const parts = members.flatMap(([name, text]) => {
    const content = Buffer.from(text as Uint8Array);
    return [
      arHeader(name, String(content.length)),
      content,
      Buffer.from(content.length % 2 === 0 ? '' : '\n'),
    ];
  });
  return Buffer.concat([Buffer.from('!<arch>\n'), ...parts]);
}
