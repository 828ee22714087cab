import { MIB } from '../../core/bytes.ts';
import { AppError } from '../../core/errors.ts';
import { parseVolumeName, volumeName } from '../../runtime/dom0/model/volumes.ts';
import type { Files, Machine, StoreLink } from '../../core/machine.ts';
import type { Finished } from '../../core/ports.ts';

/** Thrown instead of the n-th effect: the process is gone from there on. */
export class Killed extends Error {}

interface Domain {
  readonly id: number;
  readonly paused: boolean;
}

/**
 * dom0 in memory, behind the same ports as the real one: it understands the command lines of lvm, xl
 * and cryptsetup that the runtime uses and refuses what the real tools would refuse.
 */
export class MemoryMachine {
  readonly volumes = new Map<string, number>();
  readonly texts = new Map<string, string>();
  readonly domains = new Map<string, Domain>();
  readonly mappings = new Set<string>();
  /** Guests that do not say that they are ready. */
  readonly mute = new Set<string>();
  /** How often the service of a channel still fails to start. */
  failingChannels = 0;
  /** Locks of other processes. */
  readonly locked = new Set<string>();
  /** How full the pool is, in percent. */
  pool = { data: 3, metadata: 1 };
  /** How much of the time guests work, from 0 to 1. */
  work = 0;
  readonly commands: string[] = [];
  /** Effects that still happen before the process is killed. */
  fuel = Infinity;
  #nextDomain = 1;
  #time = 0;

  readonly machine: Machine = {
    run: ({ argv, accept = [0] }) => this.#run(argv, accept),
    store: this.#store(),
    attach: () => Promise.resolve(0),
    files: this.#files(),
    now: () => (this.#time += 1000),
    sleep: () => Promise.resolve(),
  };

  /** Another machine in the same state. */
  copy(): MemoryMachine {
    const other = new MemoryMachine();
    for (const [name, bytes] of this.volumes) other.volumes.set(name, bytes);
    for (const [path, text] of this.texts) other.texts.set(path, text);
    for (const [name, domain] of this.domains) other.domains.set(name, { ...domain });
    for (const name of this.mappings) other.mappings.add(name);
    other.#nextDomain = this.#nextDomain;
    return other;
  }

  /** The power is cut: domains, mappings and what stood on a tmpfs are gone. */
  cutPower(): void {
    this.domains.clear();
    this.mappings.clear();
    for (const path of [...this.texts.keys()].filter((name) => name.startsWith('/run/')))
      this.texts.delete(path);
  }

  #burn(): void {
    if (this.fuel <= 0) throw new Killed('killed');
    this.fuel -= 1;
  }

  #run(argv: readonly string[], accept: readonly number[]): Promise<Finished> {
    const done = (stdout = '', exitCode = 0): Promise<Finished> => {
      if (!accept.includes(exitCode)) throw new Error(`${argv.join(' ')}: exit ${exitCode}`);
      return Promise.resolve({ exitCode, stdout, stderr: '' });
    };
    // systemd-run starts what follows its options.
    const [program = '', ...args] = argv.slice(argv[0] === 'systemd-run' ? argv.indexOf('xl') : 0);
    const query = program === 'lvs' || ['list', 'info'].includes(argv[1] ?? '');
    if (!query) this.#burn();
    if (!query) this.commands.push(argv.join(' '));
    if (program === 'lvs') return done(this.#lvs());
    if (program === 'xl') return done(this.#xl(args));
    if (program.startsWith('lv')) this.#lvm(program, args);
    if (program === 'systemctl') return done('', this.#service(args.join(' ')));
    return program === 'cryptsetup' ? done('', this.#crypt(args)) : done();
  }

  /** Nothing ever changes while somebody watches. */
  #store(): StoreLink {
    return {
      read: (path) => Promise.resolve(this.#told(path)),
      list: (path) =>
        Promise.resolve(
          path === '/local/domain' ? ['0', ...[...this.domains.values()].map(({ id }) => String(id))] : [],
        ),
      write: (nodes) => {
        this.#burn();
        this.commands.push(`write ${nodes.map(([path]) => path).join(' ')}`);
        return Promise.resolve();
      },
      watch: () =>
        Promise.resolve({
          next: (timeout: number) => {
            this.#time += timeout;
            return Promise.resolve(false);
          },
          [Symbol.dispose]: () => undefined,
        }),
    };
  }

  #told(path: string): string | undefined {
    const [, id, key] = /^\/local\/domain\/(\d+)\/(.+)$/.exec(path) ?? [];
    const [name] = [...this.domains].find(([, domain]) => domain.id === Number(id)) ?? [];
    if (name === undefined) return undefined;
    if (key === 'domid') return id;
    if (key === 'name') return name;
    return key === 'data/qubeforge-ready' && !this.mute.has(name) ? '1' : undefined;
  }

  #lvs(): string {
    const lv = [...this.volumes].map(([name, bytes]) => ({
      lv_name: `qube.${name}`,
      lv_size: String(bytes),
      pool_lv: 'pool',
    }));
    const { data, metadata } = this.pool;
    const pool = { lv_name: 'pool', data_percent: data.toFixed(2), metadata_percent: metadata.toFixed(2) };
    return JSON.stringify({ report: [{ lv: [...lv, pool] }] });
  }

  #lvm(program: string, args: readonly string[]): void {
    const names = args.flatMap((arg) => {
      const name = arg.replace(/^vg\//, '').replace(/^qube\./, '');
      return arg.includes('qube.') && parseVolumeName(name) !== undefined ? [name] : [];
    });
    const [first = '', second = ''] = names;
    const size = Number(args.find((arg) => /^\d+b$/.test(arg))?.slice(0, -1));
    if (program === 'lvcreate' && args.includes('-s')) this.#add(second, this.#need(first));
    else if (program === 'lvcreate') this.#add(first, size);
    else if (program === 'lvextend') this.volumes.set(first, Math.max(this.#need(first), size));
    else if (program === 'lvrename') {
      this.#add(second, this.#need(first));
      this.volumes.delete(first);
    } else if (program === 'lvremove') {
      this.#need(first);
      const mapped = [...this.mappings].find((name) => first.startsWith(name.replace(/^qube\./, '')));
      if (mapped !== undefined) throw new Error(`${first} is in use by ${mapped}`);
      this.volumes.delete(first);
    }
  }

  #need(name: string): number {
    const bytes = this.volumes.get(name);
    if (bytes === undefined) throw new Error(`no volume ${name}`);
    return bytes;
  }

  #add(name: string, bytes: number): void {
    if (this.volumes.has(name)) throw new Error(`${name} exists`);
    this.volumes.set(name, bytes);
  }

  #service(args: string): number {
    const [, deed = '', name = ''] =
      /^--no-ask-password (start|restart --no-block) qubeforge-vchan@(.+)\.service$/.exec(args) ?? [];
    if (deed !== '' && this.failingChannels === 0 && !this.mute.has(name)) {
      this.texts.set(`/run/qubeforge/vchan/${name}.sock`, '');
    }
    if (this.failingChannels === 0 || deed !== 'start') return 0;
    this.failingChannels -= 1;
    return 1;
  }

  #crypt(args: readonly string[]): number {
    const name = args.at(-1) ?? '';
    if (args[0] === 'close') return this.mappings.delete(name) ? 0 : 4;
    if (args[0] === 'open' && this.mappings.has(name)) throw new Error(`${name} is open`);
    if (args[0] === 'open') this.mappings.add(name);
    return 0;
  }

  #xl([command, ...args]: readonly string[]): string {
    const name = args.at(-1) ?? '';
    if (command === 'list') {
      const lines = [...this.domains].map(
        ([domain, { id, paused }]) =>
          `${domain}  ${id}  256  1  ${paused ? '--p---' : '-b----'}  ${((this.#time / 1000) * this.work).toFixed(1)}`,
      );
      return ['Name ID Mem VCPUs State Time(s)', ...lines].join('\n');
    }
    if (command === 'info') return 'nr_cpus                : 4\n';
    if (command === 'create') this.#create(name);
    if (command === 'unpause') this.#unpause(name);
    if (command === 'shutdown' || command === 'destroy') this.domains.delete(name);
    return '';
  }

  #create(config: string): void {
    const qube = /name = "(.*)"/.exec(this.texts.get(config) ?? '')?.[1] ?? '';
    if (this.domains.has(qube)) throw new Error(`${qube} runs`);
    this.domains.set(qube, { id: this.#nextDomain++, paused: true });
  }

  #unpause(name: string): void {
    const domain = this.domains.get(name);
    if (domain?.paused !== true) throw new Error(`${name} is not paused`);
    this.domains.set(name, { ...domain, paused: false });
  }

  #files(): Files {
    const { texts } = this;
    const effect =
      <T extends unknown[]>(work: (...args: T) => void) =>
      (...args: T): Promise<void> => {
        this.#burn();
        work(...args);
        return Promise.resolve();
      };
    return {
      read: (path) => Promise.resolve(texts.get(path)),
      write: effect((path: string, text: string) => texts.set(path, text)),
      createKey: effect((path: string) => texts.has(path) || texts.set(path, 'key')),
      remove: effect((path: string) => texts.delete(path)),
      rename: effect((from: string, to: string) => {
        texts.set(to, texts.get(from) ?? '');
        texts.delete(from);
      }),
      list: (directory) =>
        Promise.resolve(
          [...texts.keys()]
            .filter((path) => path.startsWith(`${directory}/`))
            .map((path) => path.slice(directory.length + 1))
            .sort(),
        ),
      linkName: () => Promise.resolve(undefined),
      size: () => Promise.resolve(MIB),
      extend: effect(() => undefined),
      use: () => Promise.resolve(3),
      lock: (path) =>
        this.locked.has(path)
          ? Promise.reject(new AppError({ kind: 'busy', code: 'lock.busy', what: path }))
          : Promise.resolve({ [Symbol.asyncDispose]: () => Promise.resolve() }),
    };
  }

  /** What matters after everything: volumes, numbers, keys. */
  get lasting(): unknown {
    const volumes = [...this.volumes].map(
      ([name, bytes]) => `${volumeName(parseVolumeName(name)!)} ${bytes}`,
    );
    return {
      volumes: volumes.sort(),
      texts: [...this.texts].filter(([path]) => !path.startsWith('/run/')).sort(),
      domains: [...this.domains].map(([name, { paused }]) => `${name}${paused ? ' (paused)' : ''}`).sort(),
      mappings: [...this.mappings].sort(),
    };
  }
}
