/** The result of trying something that may be forbidden. */
export interface Trial {
  readonly works: boolean;
  /** What the tool said, when it did not work. */
  readonly said: string;
}

/** What `doctor` knows about the machine. Undefined: the machine does not say. */
export interface HostFacts {
  readonly platform: string;
  readonly architecture: string;
  readonly nodeVersion: string;
  /** Lines of /etc/os-release, by key (os-release(5)). */
  readonly distribution: Readonly<Record<string, string>>;
  readonly user: { readonly name: string; readonly id: number };
  /** Kernel settings below /proc/sys, trimmed, by path like `user/max_user_namespaces`. */
  readonly settings: Readonly<Record<string, string | undefined>>;
  /** Programs of the host that are there, by name. */
  readonly tools: ReadonlySet<string>;
  /** Namespaces as the sandbox makes them, with a mount inside. */
  readonly namespaces: Trial;
  /** Text of /etc/subuid and /etc/subgid. */
  readonly subordinate: { readonly uid: string; readonly gid: string };
  /** Mapping subordinate ids with newuidmap and newgidmap; undefined for root, who needs neither. */
  readonly idMap: Trial | undefined;
  /** Of the file system that holds the cache directory, in bytes. */
  readonly disk: { readonly path: string; readonly free: number };
  /** In bytes. */
  readonly memory: { readonly total: number; readonly available: number };
  /** Soft limit of open files. */
  readonly openFiles: number | undefined;
}

/** Programs of the host that the sandbox starts. */
export const SANDBOX_TOOLS = ['unshare', 'nsenter', 'setpriv', 'mount', 'umount', 'pivot_root', 'sh'];
/** And those that a user who is not root needs. */
export const ID_TOOLS = ['newuidmap', 'newgidmap'];
/** Kernel settings that decide about user namespaces. */
export const SETTINGS = [
  'user/max_user_namespaces',
  'user/max_mnt_namespaces',
  'kernel/unprivileged_userns_clone',
  'kernel/apparmor_restrict_unprivileged_userns',
];
