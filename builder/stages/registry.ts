import { bootImagesStage } from '../outputs/grub/boot-images.ts';
import { isoStage } from '../outputs/iso/image.ts';
import { layoutStage } from '../outputs/iso/layout.ts';
import { mediumStage } from '../outputs/iso/medium.ts';
import { liveLayerStage } from '../outputs/live/live-layer.ts';
import { liveRootStage } from '../outputs/live/live-root.ts';
import { templateImageStage } from '../outputs/template-image.ts';
import { xenBuildStage, xenStage, xenUpstreamStage } from '../xen/stage.ts';
import { debianRootfsStage } from './debian/rootfs.ts';
import { fedoraRootfsStage } from './fedora/rootfs.ts';
import { ownCompileStage } from './own-package/compile.ts';
import { ownPackageStage } from './own-package/pack.ts';
import { toolboxStage } from './toolbox.ts';

/** Every stage, outputs included. A new stage is one file and one line here. */
export const STAGES = [
  toolboxStage,
  debianRootfsStage,
  fedoraRootfsStage,
  ownCompileStage,
  ownPackageStage,
  templateImageStage,
  xenBuildStage,
  xenStage,
  xenUpstreamStage,
  liveRootStage,
  liveLayerStage,
  bootImagesStage,
  layoutStage,
  mediumStage,
  isoStage,
] as const;
