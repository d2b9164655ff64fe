"""Does an import change anything in the world: a file, a folder, a process, or a global of Python
or of another library?
"""

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
FILES = sorted(
    path for package in ("hwlib", "workloads", "archsim") for path in (ROOT / package).rglob("*.py")
)
OURS = ("archsim", "hwlib", "workloads")
SCRIPT = """
import importlib, json, os, sys
ours, theirs = json.loads(sys.argv[1]), json.loads(sys.argv[2])
for name in theirs:  # what other libraries do at their own import is not ours
    try:
        importlib.import_module(name)
    except Exception:
        pass

WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
DEEDS = ("os.", "shutil.", "tempfile.", "subprocess.", "socket.", "signal.", "urllib.", "_thread.start")
HARMLESS = {"os.listdir", "os.scandir", "os.walk", "os.fwalk", "os.getxattr", "os.listxattr"}
deeds, watching = [], False

def watch(event, arguments):
    if not watching:
        return
    if event == "open" and isinstance(arguments[2], int) and arguments[2] & WRITES or event.startswith(DEEDS) and event not in HARMLESS:
        deeds.append(repr((event, *map(str, arguments))))

def state():
    import decimal, gc, locale, logging, multiprocessing, random, signal, threading, warnings
    import matplotlib, numba, numpy, pandas, threadpoolctl
    return {
        "numba": {name: repr(value) for name, value in vars(numba.config).items() if name.isupper()},
        "numpy": repr((numpy.geterr(), numpy.geterrcall(), numpy.get_printoptions(), numpy.random.get_state()[1].tobytes())),
        "matplotlib": repr(sorted(matplotlib.rcParams.items())) + str(dict.__getitem__(matplotlib.rcParams, "backend")),
        "pandas": pandas.describe_option(_print_desc=False),
        "threads of libraries": repr(threadpoolctl.threadpool_info()),
        "warnings": repr((warnings.filters, warnings.showwarning)),
        "environment": dict(os.environ),
        "signals": {str(number): repr(signal.getsignal(number)) for number in signal.valid_signals()},
        "random": repr(random.getstate()),
        "interpreter": repr((sys.path, sys.excepthook, sys.displayhook, sys.stdout, sys.getrecursionlimit(), sys.gettrace(), gc.isenabled(),
                             gc.get_threshold(), os.getcwd(), locale.setlocale(locale.LC_ALL))),
        "decimal": repr(decimal.getcontext()),
        "logging": repr((logging.root.level, logging.root.handlers, sorted(name for name, logger in logging.root.manager.loggerDict.items()
                         if getattr(logger, "handlers", None)))),
        "threads": repr(threading.enumerate()),
        "processes": repr(multiprocessing.get_start_method(allow_none=True)),
    }

before = state()
sys.addaudithook(watch)
watching = True
for name in ours:
    importlib.import_module(name)
watching = False
after = state()
changed = [f"{topic}: {what}" for topic in before if before[topic] != after[topic]
           for what in ([key for key in {**before[topic], **after[topic]} if before[topic].get(key) != after[topic].get(key)]
                        if isinstance(before[topic], dict) else [after[topic][:500]])]
theirs = [name for name in sys.modules if name.split(".")[0] not in ("archsim", "hwlib", "workloads", "__main__")]
print(json.dumps({"changed": changed, "deeds": deeds, "theirs": theirs}))
"""


def module_name(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def import_all(sandbox, names, theirs=(), folder=ROOT):
    """Import modules in a process that has nothing but an empty folder: what it changed and did,
    and the other modules it loaded.
    """
    folders = {
        name: str(sandbox) for name in ("HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "TMPDIR")
    }
    # compiled sources are read where this process has them
    bytecode = {"PYTHONPYCACHEPREFIX": sys.pycache_prefix} if sys.pycache_prefix else {}
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(folder),
        "PYTHONDONTWRITEBYTECODE": "1",
        "MPLCONFIGDIR": str(sandbox),
        "NUMBA_CACHE_DIR": str(sandbox / "machine code"),
        **folders,
        **bytecode,
    }
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, json.dumps(names), json.dumps(list(theirs))],
        cwd=sandbox,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return json.loads(done.stdout)


def test_an_import_changes_nothing(tmp_path):
    names = [module_name(path) for path in FILES]
    theirs = import_all(tmp_path, names)["theirs"]
    old = tmp_path / "machine code" / "kernels-0123456789abcdef"
    old.mkdir(parents=True)
    os.utime(old, (0, 0))
    before = sorted(tmp_path.rglob("*"))
    effects = import_all(tmp_path, names, theirs)
    assert effects["changed"] == [] and effects["deeds"] == []
    assert sorted(tmp_path.rglob("*")) == before


def test_a_change_is_seen(tmp_path):
    (tmp_path / "meddler.py").write_text(
        "import os, pathlib, signal, warnings, numba, numpy\n"
        "pathlib.Path('made').mkdir()\nopen('written', 'w').close()\nnumba.config.CACHE_DIR = "
        "'made'\nnumpy.seterr(all='raise')\n"
        "os.environ['OMP_NUM_THREADS'] = "
        "'1'\nwarnings.simplefilter('ignore')\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    )
    effects = import_all(tmp_path, ["meddler"], ["numba"], tmp_path)
    assert {change.split(":")[0] for change in effects["changed"]} == {
        "numba",
        "numpy",
        "environment",
        "warnings",
        "signals",
    }
    assert {"os.mkdir", "open", "os.putenv"} <= {deed.split("'")[1] for deed in effects["deeds"]}
