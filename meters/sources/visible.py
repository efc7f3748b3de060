"""Which GPUs a process may use: `CUDA_VISIBLE_DEVICES` in all its forms, containers' and Slurm's variables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_ALL_WORDS = ("all", "")


@dataclass(frozen=True, slots=True)
class GpuIdentity:
    """A GPU as NVML lists it (in the order of the PCI bus), with the MIG devices on it."""

    index: int
    uuid: str
    name: str = ""
    mig_uuids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Visible:
    """A GPU that the process may use; `mig_uuids` where it may use only these parts of it."""

    gpu: GpuIdentity
    mig_uuids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Visibility:
    """The GPUs that a process may use, and a doubt worth telling (None where there is none)."""

    gpus: tuple[Visible, ...]
    doubt: str | None = None


def visible_gpus(environ: Mapping[str, str], gpus: Sequence[GpuIdentity]) -> Visibility:
    """The GPUs that CUDA would give to a process with this environment.

    Args:
        environ: Environment variables of the process.
        gpus: All GPUs that NVML shows, in its order.
    """
    granted = _granted(environ, gpus)
    parts = _granted_parts(environ, granted)
    wanted = environ.get("CUDA_VISIBLE_DEVICES")
    if wanted is None:
        return Visibility(tuple(Visible(gpu, parts.get(gpu.uuid, ())) for gpu in granted))
    found = tuple(
        Visible(seen.gpu, seen.mig_uuids or parts.get(seen.gpu.uuid, ())) for seen in _cuda_list(wanted, granted)
    )
    return Visibility(found, _order_doubt(environ, wanted, granted))


def _granted(environ: Mapping[str, str], gpus: Sequence[GpuIdentity]) -> list[GpuIdentity]:
    """What the container runtime or Slurm left; a list as long as what NVML shows has already been applied."""
    container = environ.get("NVIDIA_VISIBLE_DEVICES", "all").strip()
    if container == "none":
        return []
    left = list(gpus) if container in (*_ALL_WORDS, "void") else _only(container, gpus)
    if "CUDA_VISIBLE_DEVICES" in environ:
        return left
    slurm = environ.get("SLURM_STEP_GPUS") or environ.get("SLURM_JOB_GPUS")
    return _only(slurm, left) if slurm else left


def _granted_parts(environ: Mapping[str, str], gpus: Sequence[GpuIdentity]) -> dict[str, tuple[str, ...]]:
    """Parts (MIG) that the container runtime was asked for by name, by the GPU that they are of."""
    found: dict[str, tuple[str, ...]] = {}
    for token in environ.get("NVIDIA_VISIBLE_DEVICES", "").split(","):
        seen = _mig(token.strip(), gpus) if token.strip().upper().startswith("MIG-") else None
        if seen is not None:
            found[seen.gpu.uuid] = (*found.get(seen.gpu.uuid, ()), *seen.mig_uuids)
    return found


def _only(text: str, gpus: Sequence[GpuIdentity]) -> list[GpuIdentity]:
    tokens = _slurm_ranges([token.strip() for token in text.split(",") if token.strip()])
    parted = [seen.gpu for token in tokens if token.upper().startswith("MIG-") and (seen := _mig(token, gpus))]
    if parted:
        return [gpu for gpu in gpus if gpu in parted]
    if len(tokens) >= len(gpus):
        return list(gpus)
    by_index = {str(gpu.index): gpu for gpu in gpus}
    kept = [gpu for token in tokens if (gpu := by_index.get(token) or _by_prefix(token, gpus)) is not None]
    return kept or list(gpus)


def _slurm_ranges(tokens: Sequence[str]) -> list[str]:
    """Slurm may write 0-3 for 0,1,2,3."""
    out: list[str] = []
    for token in tokens:
        first, dash, last = token.partition("-")
        if dash and first.isdigit() and last.isdigit():
            out += [str(number) for number in range(int(first), min(int(last), int(first) + 1024) + 1)]
        else:
            out.append(token)
    return out


def _cuda_list(text: str, gpus: Sequence[GpuIdentity]) -> tuple[Visible, ...]:
    """CUDA reads from the left and stops at the first entry that names no device, so `0,-1,1` is GPU 0 alone."""
    found: dict[str, Visible] = {}
    for token in text.split(","):
        seen = _cuda_token(token.strip(), gpus)
        if seen is None:
            break
        before = found.get(seen.gpu.uuid)
        parts = (*before.mig_uuids, *seen.mig_uuids) if before else seen.mig_uuids
        found[seen.gpu.uuid] = Visible(seen.gpu, tuple(dict.fromkeys(parts)))
    return tuple(found.values())


def _cuda_token(token: str, gpus: Sequence[GpuIdentity]) -> Visible | None:
    if token.isdecimal():
        index = int(token)
        return Visible(gpus[index]) if index < len(gpus) else None
    if token.upper().startswith("MIG-"):
        return _mig(token, gpus)
    gpu = _by_prefix(token, gpus)
    return Visible(gpu) if gpu else None


def _by_prefix(token: str, gpus: Sequence[GpuIdentity]) -> GpuIdentity | None:
    """A UUID or a prefix of exactly one of them."""
    if not token.upper().startswith("GPU-"):
        return None
    matching = [gpu for gpu in gpus if gpu.uuid.lower().startswith(token.lower())]
    return matching[0] if len(matching) == 1 else None


def _mig(token: str, gpus: Sequence[GpuIdentity]) -> Visible | None:
    """`MIG-<uuid>` (or a prefix), or the older `MIG-GPU-<gpu uuid>/<gpu instance>/<compute instance>`."""
    lower = token.lower()
    matching = [(gpu, mig) for gpu in gpus for mig in gpu.mig_uuids if mig.lower().startswith(lower)]
    if len(matching) == 1:
        return Visible(matching[0][0], (matching[0][1],))
    if lower.startswith("mig-gpu-"):
        gpu = _by_prefix(token[4:].partition("/")[0], gpus)
        return Visible(gpu, (token,)) if gpu else None
    return None


def _order_doubt(environ: Mapping[str, str], wanted: str, gpus: Sequence[GpuIdentity]) -> str | None:
    """CUDA numbers the fastest GPU first unless told otherwise, which differs from NVML's order on mixed machines."""
    by_number = any(token.strip().isdecimal() for token in wanted.split(","))
    if not by_number or environ.get("CUDA_DEVICE_ORDER") == "PCI_BUS_ID" or len({gpu.name for gpu in gpus}) < 2:
        return None
    return (
        f"CUDA_VISIBLE_DEVICES={wanted} counts GPUs fastest first, and this machine has different models: "
        "set CUDA_DEVICE_ORDER=PCI_BUS_ID or name GPUs by UUID to be sure which are metered"
    )
