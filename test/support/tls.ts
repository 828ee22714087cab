import { generateKeyPairSync, sign } from 'node:crypto';

/** A key with a certificate that is its own authority, both PEM. */
export interface TestCertificate {
  readonly key: string;
  readonly certificate: string;
}

/** A fresh certificate (RFC 5280) for 127.0.0.1, good for two days around now. */
export function makeCertificate(): TestCertificate {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const name = der(0x30, der(0x31, der(0x30, OID.commonName, der(0x0c, Buffer.from('127.0.0.1')))));
  const algorithm = der(0x30, OID.ecdsaWithSha256);
  const day = 24 * 60 * 60 * 1000;
  const tbs = der(
    0x30,
    der(0xa0, der(0x02, Buffer.of(2))),
    der(0x02, Buffer.of(1)),
    algorithm,
    name,
    der(0x30, utcTime(Date.now() - day), utcTime(Date.now() + day)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(
      0xa3,
      der(
        0x30,
        der(0x30, OID.basicConstraints, TRUE, der(0x04, der(0x30, TRUE))),
        der(0x30, OID.subjectAltName, der(0x04, der(0x30, der(0x87, Buffer.of(127, 0, 0, 1))))),
      ),
    ),
  );
  const signature = der(0x03, Buffer.of(0), sign('sha256', tbs, privateKey));
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    certificate: pem(der(0x30, tbs, algorithm, signature)),
  };
}

const OID = {
  commonName: der(0x06, Buffer.from('550403', 'hex')),
  basicConstraints: der(0x06, Buffer.from('551d13', 'hex')),
  subjectAltName: der(0x06, Buffer.from('551d11', 'hex')),
  ecdsaWithSha256: der(0x06, Buffer.from('2a8648ce3d040302', 'hex')),
};
const TRUE = der(0x01, Buffer.of(0xff));

/** One value of X.690's distinguished encoding: tag, length, contents. */
function der(tag: number, ...contents: readonly Buffer[]): Buffer {
  const body = Buffer.concat(contents);
  const size = body.length;
  const length = size < 128 ? [size] : size < 256 ? [0x81, size] : [0x82, size >> 8, size & 0xff];
  return Buffer.concat([Buffer.of(tag, ...length), body]);
}

function utcTime(at: number): Buffer {
  const digits = new Date(at).toISOString().replace(/\D/g, '').slice(2, 14);
  return der(0x17, Buffer.from(`${digits}Z`));
}

function pem(bytes: Buffer): string {
  const lines = bytes.toString('base64').replace(/.{64}/g, '$&\n').trimEnd();
  return `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`;
}
