"""An rspamd of the run's own, from the unpacked Debian package: one worker, no Redis, no network, a few rules that see what rspamd is
told of a letter."""
import os

from .daemon import Daemon

# rspamd refuses a letter that holds this; with another first letter it would mark it.
GTUBE = "XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X"
GTUBE_MARKED = "Y" + GTUBE[1:]
CONFIGURATION = """options {
  pidfile = "$RUNDIR/rspamd.pid";
  tempdir = "$RUNDIR";
  control_socket = "$RUNDIR/control.sock mode=0600";
  hs_cache_dir = "$DBDIR/";
  cache_file = "$DBDIR/symbols.cache";
  url_tld = "$CONFDIR/domains";
  dns { nameserver = ["{dns}"]; timeout = 1s; retransmits = 1; sockets = 1; }
  filters = "regexp";
  local_addrs = [];
  task_timeout = 5s;
  enable_test_patterns = true;
}
logging { type = "console"; level = "info"; }
worker "normal" { bind_socket = "{host}:{port}"; count = 1; }
actions { reject = 15; add_header = 6; greylist = 4; }
lua = "$CONFDIR/rules.lua";
"""
RULES = """
local function about(task, words)
  return string.find(task:get_header('Subject') or '', words, 1, true) ~= nil
end

rspamd_config:register_symbol({
  name = 'LATER',
  type = 'prefilter',
  callback = function(task)
    if about(task, 'come again') then task:set_pre_result('soft reject', 'Come again later', 'LATER') end
  end,
})

-- Says what rspamd was told of a letter that asks for it, in the names of symbols.
local function says(name, holds, score)
  rspamd_config:register_symbol({
    name = name,
    score = score or 0.1,
    callback = function(task) return about(task, 'tell me') and holds(task) or false end,
  })
end
says('TOLD', function() return true end, 6)
says('PEER', function(task) return tostring(task:get_from_ip()) == '{client}' end)
says('HOST_NAME', function(task) return task:get_hostname() == 'mx.client.test' end)
says('HELO', function(task) return task:get_helo() == 'client.test' end)
says('TWO_RECIPIENTS', function(task) return #(task:get_recipients('smtp') or {}) == 2 end)
says('SENDER', function(task) return (task:get_from('smtp') or {{}})[1].addr == 'ivan@client.test' end)
says('UTF8_SENDER', function(task) return (task:get_from('smtp') or {{}})[1].addr == '????@client.test' end)
says('NULL_SENDER', function(task) local from = task:get_from('smtp') return from == nil or (from[1] or {}).addr == '' end)
"""


def filled(text, **values):
    """`{name}` only: the configuration has braces of its own."""
    for name, value in values.items():
        text = text.replace("{" + name + "}", str(value))
    return text


class Rspamd(Daemon):
    """`package` is the folder into which the Debian package was unpacked. `client` is the peer that its rules expect, `dns` a name server."""

    def __init__(self, package, folder, host, port, client, dns):
        super().__init__("rspamd", (host, port), os.path.join(folder, "said"))
        self.package, self.folder = package, folder
        for name in ("conf", "share", "db", "run"):
            os.makedirs(os.path.join(folder, name))
        for name, text in (("rspamd.conf", CONFIGURATION), ("rules.lua", RULES), ("domains", "test\n")):
            with open(os.path.join(folder, "conf", name), "w") as file:
                file.write(filled(text, host=host, port=port, client=client, dns=f"{dns[0]}:{dns[1]}"))

    def start(self):
        shared = os.path.join(self.package, "usr/share/rspamd")
        places = {"CONFDIR": f"{self.folder}/conf", "SHAREDIR": f"{self.folder}/share", "DBDIR": f"{self.folder}/db", "RUNDIR": f"{self.folder}/run",
                  "LOGDIR": f"{self.folder}/run", "RULESDIR": f"{shared}/rules", "LUALIBDIR": f"{shared}/lualib", "PLUGINSDIR": f"{shared}/plugins"}
        # --insecure: root may run it, as any other user may.
        self.launch(os.path.join(self.package, "usr/bin/rspamd"), "--no-fork", "--insecure", "--config", f"{self.folder}/conf/rspamd.conf",
                    *(f"--var={name}={path}" for name, path in places.items()),
                    env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "LD_LIBRARY_PATH": os.path.join(self.package, "usr/lib/rspamd")})
