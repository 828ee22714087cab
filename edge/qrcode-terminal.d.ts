declare module 'qrcode-terminal' {
  /** Gives `done` a QR code (ISO/IEC 18004) of `text` in block characters. */
  export function generate(
    text: string,
    options: { readonly small: boolean },
    done: (code: string) => void,
  ): void;
  const api: { generate: typeof generate };
  export default api;
}
