# Runs a throw-away Redmine 5 (Debian) on SQLite in the folder $1, on port $2 of the loopback, until standard input
# closes. The API key of its administrator is then in $1/key.
set -eu
folder=$1 port=$2
export RAILS_ENV=production SCHEMA=/dev/null
unset REDMINE_INSTANCE X_DEBIAN_SITEID BUNDLE_GEMFILE
exec 3<&0 </dev/null
# A copy with a Gemfile.lock of its own: it works even where the package's own setup did not.
cp -a /usr/share/redmine "$folder/app"
cd "$folder/app"
rm -rf instances config/database.yml Gemfile.lock public
ln -s /usr/share/redmine/public public
mkdir -p instances/default/config instances/default/files instances/default/log instances/default/tmp
echo "production: {adapter: sqlite3, database: $folder/redmine.sqlite3, timeout: 15000}" >instances/default/config/database.yml
od -An -tx1 -N32 /dev/urandom | tr -d ' \n' >instances/default/config/secret_key.txt
sed -i "s|/usr/share/redmine/|$folder/app/|" Gemfile
bundle lock --local 3<&-
bundle exec rake db:migrate 3<&-
bundle exec rails runner 'Redmine::DefaultData::Loader.load("en"); Setting.rest_api_enabled = "1"
    admin = User.find_by_login("admin"); admin.must_change_passwd = false; admin.save!(validate: false)
    File.write("../key", admin.api_key)' 3<&-
puma -b "tcp://127.0.0.1:$port" -e production -w 0 -t 1:3 config.ru 3<&- &
server=$!
# Whoever started this holds the other end.
read -r _ <&3 || :
kill "$server" 2>/dev/null || :
wait "$server" || :
